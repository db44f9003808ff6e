"""Workers of their own process, which do what is due at a moment and may die on the way.

They are forked from a process that has imported everything, so that one costs a tenth of a second,
and a thousand may be killed in minutes.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import random
import resource
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from keepwarm.connectors.contract import Connector
from keepwarm.connectors.registry import make
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import SendResult
from keepwarm.flows.arrivals import take_in
from keepwarm.flows.due import overdue
from keepwarm.flows.rounds import work_round
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.database import Database, open_database
from keepwarm.store.landmarks import Landmark, watch
from tests.systems import system_on
from tests.waiting import PATIENCE_SECONDS

#: What is imported once, before any worker is forked.
_PRELOADED = [
    "tests.faults.workers",
    "keepwarm.connectors.onesignal",
    "keepwarm.connectors.sendgrid",
    "keepwarm.connectors.slack",
    "keepwarm.connectors.smtp",
    "keepwarm.connectors.twilio",
    "keepwarm.connectors.webhook",
    # What the SDKs import only when they are used, which is half of a worker's life.
    "sendgrid.helpers.mail",
    "slack_sdk.web.async_client",
    "twilio.rest.api.v2010.account",
]

#: After so long, whoever has a full disk is told to end.
_ENOUGH_SECONDS = 5


@dataclass(frozen=True)
class Orders:
    """What a worker is told."""

    url: str
    now: datetime
    #: Channel -> the connector that is used for it.
    roads: Mapping[Channel, str]
    #: What leads the connectors to the stand-ins.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: Where it ends, and the how-manieth time it comes there.
    ends_at: Landmark | None = None
    nth: int = 1
    #: What it does there: `SIGKILL` is death, `SIGSTOP` a sleep from which others may wake it.
    by: signal.Signals = signal.SIGKILL
    #: Let it write no file longer than this, as on a full disk.
    largest_file_bytes: int | None = None
    #: Cut it off from PostgreSQL where it would end, instead of ending it.
    cuts_off: bool = False
    #: While this file is there, its clock is a lease further on.
    ages_by: Path | None = None
    worker: str = "worker"


def begin(orders: Orders) -> BaseProcess:
    """Start a worker, and give its process."""
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    process = context.Process(target=work, args=(orders,), daemon=True)
    process.start()
    return process


def work_to_the_end(orders: Orders) -> int | None:
    """Have a worker do all that is due, and give its exit code: -9 when it was killed."""
    process = begin(orders)
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        os.kill(process.pid or 0, signal.SIGABRT)  # it says then where it is
        process.join()
        raise AssertionError(f"a worker did not end: {orders}")
    return process.exitcode


def kill_after(orders: Orders, seconds: float) -> bool:
    """Have a worker begin, kill it after a while, and tell whether that was in time."""
    process = begin(orders)
    process.join(seconds)
    was_working = process.exitcode is None
    process.kill()
    process.join()
    return was_working


# ── Inside the worker ────────────────────────────────────────────────────────────────────────


def work(orders: Orders) -> None:
    """Do everything that is due at a moment, in every playbook."""
    faulthandler.enable()
    if orders.largest_file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = orders.largest_file_bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    database = open_database(orders.url)
    if orders.ends_at is not None:
        watch(_ending(orders, database))
    asyncio.run(_work_until_told(orders, system_of(orders, database)))
    database.close()


async def _work_until_told(orders: Orders, system: System) -> None:
    """Work, and end where a disk stays full: answers are offered to it for minutes."""
    async with asyncio.timeout(None if orders.largest_file_bytes is None else _ENOUGH_SECONDS):
        await _work(system)


async def _work(system: System) -> None:
    # Several workers meet less regularly when each begins elsewhere.
    names = random.Random(os.getpid())
    while True:
        take_in(system)
        due = sorted(overdue(system, system.clock() + timedelta(microseconds=1)))
        with system.database.reading() as cx:
            due += sorted(system.shelf.live(cx).keys() - set(due))
        names.shuffle(due)
        did = [await work_round(system, name) for name in due]
        if all(each.is_idle for each in did):
            break
    for connector in set(system.connectors.values()):
        await connector.close()


def system_of(orders: Orders, database: Database) -> System:
    """Make a system whose connectors lead to the stand-ins."""

    def clock() -> datetime:
        has_aged = orders.ages_by is not None and orders.ages_by.exists()
        return orders.now + timedelta(minutes=6) * has_aged

    roads = {channel: _road(name, orders.settings, clock) for channel, name in orders.roads.items()}
    return system_on(database, clock, f"{orders.worker}-{os.getpid()}", connectors=roads)


def _road(name: str, settings: Mapping[str, str], clock: Callable[[], datetime]) -> Connector:
    public = "https://keepwarm.acme.example"
    # A busy machine answers late, and what is late counts as unknown.
    patience = timedelta(seconds=PATIENCE_SECONDS)
    connector = make(name, settings, clock=clock, public_url=public, timeout=patience)
    if connector.limits.per_second is not None:
        # Its pace is kept by a test of its own; here it would be waited for.
        connector.limits = replace(connector.limits, per_second=None)
    return _Nearby(connector, settings["TEST_RECEIVER"]) if name == "webhook" else connector


class _Nearby:
    """The webhook connector, whose receivers have to be https, led to the stand-in instead."""

    def __init__(self, road: Connector, url: str) -> None:
        self.name, self.channels, self.limits = road.name, road.channels, road.limits
        self._road, self._url = road, url

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        return await self._road.send([replace(each, address=self._url) for each in messages])

    async def close(self) -> None:
        await self._road.close()


def _ending(orders: Orders, database: Database) -> Callable[[Landmark], None]:
    seen = 0

    def watcher(landmark: Landmark) -> None:
        nonlocal seen
        seen += landmark is orders.ends_at
        if landmark is not orders.ends_at or seen != orders.nth:
            return
        if orders.cuts_off:
            _cut_off(database)
        else:
            os.kill(os.getpid(), orders.by)

    return watcher


def _cut_off(database: Database) -> None:
    """Have the server end every connection of this process."""
    import psycopg

    address = database.engine.url
    host: Any = address.query["host"]
    with psycopg.connect(host=host, user="postgres", dbname=address.database) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
