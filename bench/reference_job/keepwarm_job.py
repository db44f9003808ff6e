"""The reference job on the whole product: entry, decisions, ledger, gates, Liquid and outbox."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.reference_job.people import (
    FAVOURITES,
    FIRST_WAIT,
    KINDS,
    PLANS,
    SECOND_WAIT,
    START,
    T0,
    ZONES,
    World,
    rows,
)
from sqlalchemy import text

from keepwarm.app.applying import apply_folder
from keepwarm.app.wiring import tune_python
from keepwarm.connectors.registry import make as make_connector
from keepwarm.engine.facts import moment_text
from keepwarm.engine.links import Links
from keepwarm.flows.arrivals import keep_events
from keepwarm.flows.rounds import work_round
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.bulk import insert_rows
from keepwarm.store.database import Database, open_database
from keepwarm.store.events import NewEvent
from keepwarm.store.migrating import migrate
from keepwarm.store.tables import CustomerRow, EventRow

PLAYBOOKS = Path(__file__).parent / "playbooks"
PLAYBOOK = "dormant"
MICROS = 1_000_000


@dataclass
class VirtualClock:
    """A clock that is moved by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


def load(database: Database, world: World) -> None:
    """Put the customers and their past into an empty database."""
    migrate(database)
    with database.writing(durable=False) as cx:
        insert_rows(
            cx,
            CustomerRow,
            ("id", "external_id", "email", "phone", "timezone", "attributes", "created_at",
             "updated_at"),
            _customers(world),
        )  # fmt: skip
    with database.writing(durable=False) as cx:
        columns = ("customer_id", "name", "at", "received_at", "source", "source_id", "properties")
        insert_rows(cx, EventRow, columns, _events(world))
    with database.writing(durable=False) as cx:
        cx.exec_driver_sql("ANALYZE")


def _customers(world: World) -> Iterator[tuple[Any, ...]]:
    names = ("id", "zone", "plan", "signup_at", "last_login_at", "email_consent", "sms_consent",
             "value_cents")  # fmt: skip
    made = T0 * MICROS
    for key, zone, plan, signup, last, by_email, by_sms, cents in rows(world.customers, *names):
        attributes = {
            "first_name": f"user{key}",
            "plan": PLANS[plan],
            "signup_at": moment_text(START + timedelta(seconds=signup - T0)),
            "last_login_at": moment_text(START + timedelta(seconds=last - T0)),
            "email_consent": by_email,
            "sms_consent": by_sms,
            "lifetime_value": cents / 100,
            "favourites": FAVOURITES[key % 5],
        }
        yield (key, f"c{key}", f"user{key}@example.com", f"+1555{key:07d}", ZONES[zone],
               attributes, made, made)  # fmt: skip


def _events(world: World) -> Iterator[tuple[Any, ...]]:
    number = 0
    for customer, at, kind, cents in rows(world.events, "customer", "at", "kind", "cents"):
        number += 1
        properties = {"amount": cents / 100} if kind == 2 else {}
        yield (
            customer,
            KINDS[kind],
            at * MICROS,
            at * MICROS,
            "past",
            f"{number:010d}",
            properties,
        )
    for customer, at in rows(world.messages, "customer", "at"):
        number += 1
        yield (customer, "messaged", at * MICROS, at * MICROS, "past", f"{number:010d}", {})


@dataclass
class Ran:
    """What a run of the job came to."""

    outcome: tuple[int, ...]
    seconds: float
    stages: dict[str, float] = field(default_factory=dict)
    #: The most memory that its process had; 0 where it had no process of its own.
    megabytes: int = 0


def run_by_itself(*jobs: tuple[str, Mapping[str, Any]]) -> Ran:
    """Run the job on each database in one process of its own, and give what the last came to.

    As a worker does, so that its memory is its own.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return [process.submit(_run, *job).result() for job in jobs][-1]


def _run(address: str, logins: Mapping[str, Any]) -> Ran:
    database = open_database(address)
    tune_python()
    try:
        ran = run(database, logins)
    finally:
        database.close()
    ran.megabytes = _most_memory()
    return ran


def _most_memory() -> int:
    """Give the most memory of this program: what `getrusage` tells counts its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def run(database: Database, logins: Mapping[str, Any]) -> Ran:
    """Run the job, and time the product's part of it: from the first entry to the last task."""
    clock = VirtualClock()
    apply_folder(database, PLAYBOOKS, "bench", "the reference job", START - timedelta(days=1))
    system = make_system(database, clock)
    with database.reading() as cx:
        for each in system.shelf.live(cx).values():
            each.get_words_ready()  # as a worker does within seconds, long before the hour
    stages: dict[str, float] = defaultdict(float)

    def timed(name: str, work: Callable[[], Any]) -> None:
        began = time.perf_counter()
        work()
        stages[name] += time.perf_counter() - began

    second, third = START + FIRST_WAIT, START + FIRST_WAIT + SECOND_WAIT
    with asyncio.Runner() as loop:

        def round_at(name: str, moment: datetime) -> None:
            clock.now = moment
            timed(name, lambda: loop.run(work_round(system, PLAYBOOK)))

        def logins_between(name: str, after: datetime, until: datetime) -> None:
            clock.now = until
            for events in _logins(logins, after, until):
                timed(name, partial(keep_events, system, events))

        round_at("enter and e-mail", START)
        logins_between("logins of three days", START, second)
        round_at("texts", second)
        logins_between("logins of four days", second, third)
        round_at("tasks and end", third)
    return Ran(outcome_of(database), sum(stages.values()), stages)


def make_system(database: Database, clock: Callable[[], datetime]) -> System:
    """Give the system as the embedded default has it, with a clock of our own."""
    outbox = make_connector("outbox", {}, clock=clock)
    return System(
        database=database,
        shelf=Shelf(),
        connectors=dict.fromkeys(Channel, outbox),
        links=Links("https://keepwarm.example", {0: b"0" * 32}, signing=0),
        pepper=b"1" * 32,
        clock=clock,
        worker="bench",
    )


def _logins(
    logins: Mapping[str, Any], after: datetime, until: datetime
) -> Iterator[list[NewEvent]]:
    """Give the logins of these days as they arrive, ten thousand at a time."""
    now = logins["at"]
    its = (now > after.timestamp()) & (now <= until.timestamp())
    these = rows({name: column[its] for name, column in logins.items()}, "customer", "at")
    while some := list(islice(these, 10_000)):
        yield [
            NewEvent(f"c{who}", "logged_in", datetime.fromtimestamp(at, UTC), "app", f"login-{who}")
            for who, at in some
        ]


def outcome_of(database: Database) -> tuple[int, ...]:
    """Count what the job came to, from the rows."""
    sent = (
        "SELECT count(*) FROM message m JOIN outcome o ON o.message_id = m.id"
        " WHERE o.status = 'sent' AND m.channel = "
    )
    asked = (
        "SELECT count(*) FROM run",
        f"{sent}'email'",
        f"{sent}'sms'",
        "SELECT count(*) FROM task",
        "SELECT count(*) FROM run WHERE status = 'goal reached'",
        "SELECT count(*) FROM run WHERE status = 'completed'",
    )
    with database.reading() as cx:
        return tuple(int(cx.execute(text(each)).scalar_one()) for each in asked)
