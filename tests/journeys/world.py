"""A small world: playbooks in YAML, people, a clock that is moved; and what came of it all.

Everything goes through the loader, the store and the engine as in the running service; the
connector is the memory connector, so that what was handed over can be looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from keepwarm.app.applying import Applied, apply_folder
from keepwarm.connectors.contract import Connector
from keepwarm.connectors.memory import Memory
from keepwarm.connectors.pulls.contract import Puller
from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.task_tools.contract import TaskTool
from keepwarm.engine.ticking import next_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.advancing import advance_due
from keepwarm.flows.arrivals import Identify, Track, keep, take_in
from keepwarm.flows.due import next_due, overdue
from keepwarm.flows.rounds import work_round
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.schema.playbook import OnSchedule
from keepwarm.schema.words import Channel
from keepwarm.store.database import Database
from keepwarm.store.inbox import Arrival
from keepwarm.store.outbox import Shown, Wanted, read_outbox
from tests.systems import system_on

CATALOG = """\
timezone: Europe/Amsterdam
attributes:
  plan: {is: one of free, pro, team, enterprise}
  monthly_revenue: {is: number, unit: EUR}
  renewal_date: {is: date}
  subscription_status: {is: one of active, cancelled, suspended}
  open_tickets: {is: number}
  birthday: {is: date}
events:
  signed_up: {}
  logged_in: {}
  project_created: {with: {kind: text}}
  payment_failed: {with: {invoice: text, amount: number}}
  payment_succeeded: {with: {invoice: text}}
  cart_updated: {with: {items: number}}
  checkout_completed: {}
topics:
  tips: {title: Tips, needs: consent}
  offers: {title: Offers, needs: consent}
  news: {title: News, needs: no objection}
teams:
  care:
    members: [ann@acme.example]
    works: weekdays 09:00 to 17:30
    timezone: Europe/Amsterdam
    notify: "#care"
  bosses: {members: [eve@acme.example], works: weekdays 09:00 to 17:30, timezone: Europe/Amsterdam}
offers:
  ten-percent: {percent: 10, lasts: 1 month, costs: 12 EUR}
outcomes:
  rescue: [saved, lost]
"""

POLICIES = """\
sender: Acme <hello@acme.example>
postal_address: Acme, 1 Canal Street, Amsterdam
"""

#: A Monday; nine in the morning in Amsterdam.
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class World:
    """One installation with a moved clock."""

    database: Database
    folder: Path
    now: datetime = START
    shelf: Shelf = field(default_factory=Shelf)
    connector: Memory = field(init=False)
    #: What each round did, summed.
    tally: Tally = field(default_factory=Tally)
    #: What else than the memory messages go to.
    connectors: Mapping[Channel, Connector] = field(default_factory=dict)
    #: Tools in which teams see their tasks besides the inbox.
    task_tools: Mapping[str, TaskTool] = field(default_factory=dict)
    #: Providers that are asked what was modified.
    pullers: Mapping[str, Puller] = field(default_factory=dict)
    #: Why the process must stand still.
    trouble: str | None = None
    #: What runs in threads; None is threads as in the running service.
    executor: ThreadPoolExecutor | None = None
    #: What makes the event loop; None is one with the clock of the machine.
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None
    _told: int = 0

    def __post_init__(self) -> None:
        self.connector = Memory(Surroundings({}, self.clock))
        self.write("catalog/catalog.yaml", CATALOG)
        self.write("policies.yaml", POLICIES)
        for name in ("hello", "nudge", "last"):
            self.words(name)

    def clock(self) -> datetime:
        return self.now

    @property
    def system(self) -> System:
        """The system as the running service has it."""
        return system_on(
            self.database,
            self.clock,
            "world",
            shelf=self.shelf,
            connectors={**dict.fromkeys(Channel, self.connector), **self.connectors},
            task_tools=self.task_tools,
            pullers=self.pullers,
            trouble=lambda: self.trouble,
        )

    # ── What is written ──────────────────────────────────────────────────────────────────────

    def write(self, path: str, content: str) -> None:
        """Write a file of the playbooks' folder."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def words(self, name: str, says: str = "") -> None:
        """Write a template, for e-mail and for texts."""
        says = says or f"This is {name}."
        self.write(
            f"templates/{name}.mjml",
            f'---\nsubject: "{name}"\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>{says}'
            '</mj-text><mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>'
            "</mj-column></mj-section></mj-body></mjml>\n",
        )
        self.write(f"templates/{name}.txt", says + "\n")

    def playbook(self, name: str, rest: str, *, status: str = "live") -> None:
        """Write a playbook: `rest` is everything below its owner and status."""
        self.write(
            f"{name}.yaml",
            f"playbook: {name}\ntitle: About {name}\nowner: owner@acme.example\n"
            f"status: {status}\n{rest}",
        )

    def apply(self) -> Applied:
        """Make what is written live."""
        return apply_folder(self.database, self.folder, "tester", "", self.now, ["tester"])

    # ── What happens ─────────────────────────────────────────────────────────────────────────

    def person(self, name: str, **facts: Any) -> None:
        """Tell of a customer; without more, one in Amsterdam who agreed to everything."""
        known: dict[str, Any] = {
            "email": f"{name}@example.com",
            "phone": "+31612345678",
            "timezone": "Europe/Amsterdam",
            "first_name": name.title(),
            "email_consent": True,
            "sms_consent": True,
            "push_consent": True,
        }
        self.tell(Identify(name, None, {**known, **facts}).payload())

    def update(self, name: str, **facts: Any) -> None:
        """Tell of some facts of a customer, and leave the others."""
        self.tell(Identify(name, None, facts).payload())

    def event(
        self,
        name: str,
        event: str,
        *,
        at: datetime | None = None,
        message_id: str | None = None,
        **properties: Any,
    ) -> None:
        """Tell of an event, now or as of an earlier moment."""
        moment = None if at is None else at.isoformat()
        self.tell(Track(name, event, moment, properties).payload(), message_id)

    def tell(self, payload: Mapping[str, Any], message_id: str | None = None) -> None:
        """Put something into the inbox, and work it off with everything that is due."""
        self._told += 1
        keep(self.system, [Arrival("test", message_id or f"told-{self._told}", payload)])
        self.work()

    def queue(self, name: str, event: str, playbook: str) -> None:
        """Tell of an event and let it be decided, and leave what it queued unsent."""
        self._told += 1
        payload = Track(name, event, None).payload()
        keep(self.system, [Arrival("test", f"told-{self._told}", payload)])
        take_in(self.system)
        advance_due(self.system, playbook)

    def work(self) -> Tally:
        """Do everything that is due now, in every playbook, until nothing is left."""
        return self.work_as(self.system)

    def work_as(self, system: System) -> Tally:
        """Do the same as one worker of perhaps several."""
        with asyncio.Runner(loop_factory=self.loop) as runner:
            return runner.run(self._work(system))

    async def _work(self, system: System) -> Tally:
        if self.executor is not None:
            asyncio.get_running_loop().set_default_executor(self.executor)
        total = Tally()
        while True:
            take_in(system)
            done = Tally()
            with self.database.reading() as cx:
                names = {*self.shelf.live(cx), *self._unfinished()}
            for name in sorted(names):
                done.add(await work_round(system, name))
            total.add(done)
            if done.is_idle:
                self.tally.add(total)
                return total

    def run_until(self, moment: datetime) -> None:
        """Move the clock from one due moment to the next, doing what is due at each."""
        self.work()
        for _ in range(10_000):
            upcoming = self.next_moment()
            if upcoming is None or upcoming > moment:
                break
            self.now = max(upcoming, self.now)
            self.work()
        else:
            raise AssertionError("the world does not come to rest")
        self.now = moment
        self.work()

    def run_for(self, **length: float) -> None:
        """Move the clock on by a length (`days=3`)."""
        self.run_until(self.now + timedelta(**length))

    def next_moment(self) -> datetime | None:
        """Give when anything is due next; None when nothing is."""
        moments: list[datetime | None] = []
        with self.database.reading() as cx:
            live = dict(self.shelf.live(cx))
        moments += [next_due(self.system, name) for name in {*live, *self._unfinished()}]
        for playbook in live.values():
            start = playbook.plan.start
            if isinstance(start, OnSchedule):
                zone = zone_named(playbook.plan.timezone)
                moments.append(next_tick(start.schedule, self.now, zone))
        later = [m for m in moments if m is not None and m > self.now]
        return min(later, default=None)

    def _unfinished(self) -> frozenset[str]:
        """Name the playbooks with something due one day, live or no longer."""
        return overdue(self.system, self.now + timedelta(days=4000))

    # ── What came of it ──────────────────────────────────────────────────────────────────────

    def outbox(self, customer: str | None = None) -> list[Shown]:
        """Give every message, oldest first."""
        with self.database.reading() as cx:
            return read_outbox(cx, Wanted(customer=customer), 1_000_000)[::-1]

    def told(self, customer: str | None = None, zone: str = "Europe/Amsterdam") -> list[str]:
        """Give what went out, as lines: `Mon 09:00 email hello`."""
        lines = []
        for each in self.outbox(customer):
            if each.status in ("sent", "delivered"):
                local = each.at.astimezone(ZoneInfo(zone))
                lines.append(f"{local:%a %H:%M} {each.channel} {each.template or each.address}")
        return lines

    def ended(self, customer: str | None = None) -> list[tuple[str, str, str | None]]:
        """Give (template, status, reason) of every message."""
        return [
            (
                each.template or "",
                str(each.status),
                next((n.reason for n in reversed(each.history) if n.status is each.status), None),
            )
            for each in self.outbox(customer)
        ]

    def runs(self, playbook: str) -> list[tuple[str, str, str]]:
        """Give (customer, status, mode) of a playbook's runs, in the order they began."""
        return [
            (row[0], row[1], row[2])
            for row in self.rows(
                "SELECT c.external_id, r.status, r.mode FROM run r"
                " JOIN customer c ON c.id = r.customer_id WHERE r.playbook = :p ORDER BY r.id",
                p=playbook,
            )
        ]

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Ask the database itself."""
        with self.database.reading() as cx:
            return list(cx.execute(text(sql), values))
