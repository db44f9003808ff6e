"""A city: an installation whose workers die, its providers, and the ledger that judges them both.

The stand-ins write a message down at the moment of accepting it, on the disk, before they answer.
So the ledger is what really happened, and the database is what we say: `judge` joins the two.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from keepwarm.connectors.onesignal import idempotency_key
from keepwarm.engine.outcome import MessageStatus
from keepwarm.flows.arrivals import Track, keep
from keepwarm.flows.due import next_due, overdue
from keepwarm.schema.words import Channel
from keepwarm.store.claims import LEASE
from keepwarm.store.database import Database
from keepwarm.store.inbox import Arrival, how_many_wait
from tests.connectors.given import settings_for
from tests.faults.workers import Orders, work_to_the_end
from tests.journeys.world import CATALOG, START, World
from tests.standins import Standins
from tests.standins.provider import Provider
from tests.waiting import PATIENCE_SECONDS

#: Every connector whose messages leave us, with the step that uses it.
ROADS: Mapping[str, tuple[Channel, str]] = {
    "sendgrid": (Channel.EMAIL, "email: {}"),
    "smtp": (Channel.EMAIL, "email: {}"),
    "twilio": (Channel.SMS, "sms: {}"),
    "onesignal": (Channel.PUSH, "push: {}"),
    "slack": (Channel.CHAT, 'notify: "#C0000000001"'),
    "webhook": (Channel.WEBHOOK, "webhook: crm\n    with: {{text: {}}}"),
}
#: A service message now, and another in an hour: no consent, no quiet hours, no caps.
PLAYBOOK = """\
kind: transactional
start: {{event: signed_up, once: per customer}}
steps:
  - {first}
  - wait: 1 hour
  - {second}
"""
#: Beyond any lease.
LATER = LEASE + timedelta(minutes=1)
#: What providers call themselves in the ledger.
_LEDGER_NAMES = {"webhook": "receiver"}


@dataclass
class City:
    """One installation, its providers, and its people."""

    url: str
    world: World
    here: Standins
    loop: asyncio.AbstractEventLoop
    now: datetime = START
    roads: dict[Channel, str] = field(default_factory=dict)
    people: int = 0

    def settle_in(self, *roads: str) -> None:
        """Make a playbook for every one of these connectors live."""
        self.world.write(
            "catalog/catalog.yaml",
            CATALOG + "webhooks:\n  crm: {url: https://crm.acme.example/keepwarm}\n",
        )
        for road in roads:
            channel, step = ROADS[road]
            self.roads[channel] = road
            first, second = step.format("hello"), step.format("last")
            self.world.playbook(f"by-{road}", PLAYBOOK.format(first=first, second=second))
        self.world.apply()

    def provider(self, road: str) -> Provider:
        """Give the stand-in that a connector leads to."""
        return self.here.providers[_LEDGER_NAMES.get(road, road)]

    def orders(self, **changes: Any) -> Orders:
        """Give what a worker of now is told."""
        settings: dict[str, str] = {}
        for road in self.roads.values():
            settings |= settings_for(road, self.here)
        settings["TEST_RECEIVER"] = f"{self.here.receiver.url}/crm"
        every = dict.fromkeys(Channel, "memory") | self.roads
        return Orders(self.url, self.now, every, settings, **changes)

    def arrive(self, count: int) -> None:
        """Let so many customers come, who all sign up."""
        for number in range(self.people, self.people + count):
            self.world.now = self.now
            keep(
                self.world.system,
                [
                    Arrival("test", f"who-{number}", self._who(number)),
                    Arrival(
                        "test", f"up-{number}", Track(f"c{number}", "signed_up", None).payload()
                    ),
                ],
            )
        self.people += count

    @staticmethod
    def _who(number: int) -> dict[str, Any]:
        known = {
            "email": f"c{number}@example.com",
            "phone": f"+1415555{number:04d}",
            "timezone": "Europe/Amsterdam",
        }
        return {"type": "identify", "customer": f"c{number}", "at": None, "attributes": known}

    def come_to_rest(self) -> None:
        """Let the leases of the dead end, and healthy workers do the rest, until nothing is due."""
        for _ in range(300):  # a night of texts that are released one by one takes a hundred
            upcoming = self.next_moment()
            if upcoming is None:
                return
            self.now = max(self.now, upcoming)
            code = work_to_the_end(self.orders(worker="healthy"))
            assert code == 0, f"a healthy worker ended with {code}"
        raise AssertionError(f"the city does not come to rest: {self.world.ended()}")

    def next_moment(self) -> datetime | None:
        """Give when anything is due next; None when nothing is."""
        system = self.world.system
        with self.world.database.reading() as cx:
            if how_many_wait(cx):
                return self.now
        names = overdue(system, self.now + timedelta(days=4000))
        return min((at for name in names if (at := next_due(system, name))), default=None)

    # ── The judgement ────────────────────────────────────────────────────────────────────────

    def accepted(self) -> Counter[str]:
        """Give send id -> how often a provider accepted it, by the ledger."""
        keys = {idempotency_key(send_id): send_id for send_id in self._send_ids()}
        entries = (each for each in self.here.ledger.entries if "notice" not in each.send_id)
        return Counter(keys.get(entry.send_id, entry.send_id) for entry in entries)

    def _send_ids(self) -> Iterable[str]:
        for message_id, attempt in self.world.rows("SELECT id, attempt FROM message"):
            for each in range(attempt + 1):
                yield f"{message_id}-{each}"

    def judge(self, *, steps: int = 2) -> Counter[str]:
        """Hold what we say against what happened; give how many messages came to each end.

        Nobody entered twice, nobody was lost, every message came to a named end, and none was
        accepted twice. What we say was sent was accepted; what was accepted we never say was not.
        """
        runs = self.world.rows("SELECT playbook, customer_id, status FROM run")
        assert len(runs) == len(set(runs)) == self.people * len(self.roads)
        assert {status for *_, status in runs} == {"completed"}
        accepted = self.accepted()
        by_message: Counter[int] = Counter()
        for send_id, times in accepted.items():
            by_message[int(send_id.split("-")[0])] += times
        messages = self.world.outbox()
        assert len(messages) == len(runs) * steps
        for message in messages:
            taken = by_message.pop(message.id, 0)
            assert taken <= 1, f"message {message.id} was accepted {taken} times"
            assert message.status.is_end, f"message {message.id} is {message.status}"
            if message.status is MessageStatus.SENT:
                assert taken == 1, f"message {message.id} counts as sent, and was never accepted"
            elif message.status is not MessageStatus.UNKNOWN:
                assert taken == 0, f"message {message.id} is {message.status}, but was accepted"
        assert not by_message, f"nobody knows of {by_message}"
        assert self.world.rows("SELECT count(*) FROM chunk WHERE due_at IS NOT NULL") == [(0,)]
        return Counter(str(message.status) for message in messages)


@contextmanager
def city(database: Database, url: str, folder: Path) -> Iterator[City]:
    """Found a city."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stand-ins", daemon=True)
    thread.start()
    here = Standins(folder / "ledger.jsonl")
    _in(loop, here.__aenter__)
    try:
        yield City(url, World(database, folder / "playbooks"), here, loop)
    finally:
        _in(loop, here.__aexit__, None, None, None)
        _in(loop, _cancel_all)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _in(loop: asyncio.AbstractEventLoop, what: Callable[..., Any], *given: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(what(*given), loop).result(PATIENCE_SECONDS)


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
