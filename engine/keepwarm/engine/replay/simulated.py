"""What a simulation found: lives added up, so that the sums of several processes add up too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo

from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import START
from keepwarm.engine.replay.lineup import Lineup
from keepwarm.engine.replay.lived import Decided, Lived, LivedRun, Noted
from keepwarm.engine.run import OPEN, Deed, Mode, OfferMade, RunStatus
from keepwarm.engine.timing import zone_named
from keepwarm.schema.words import CUSTOMER_CHANNELS

#: Deeds by which a run does what its step says.
_DID: Final = frozenset(
    {Deed.QUEUED, Deed.TASK_OPENED, Deed.CHANGED, Deed.OFFERED, Deed.STARTED_OTHER, Deed.STOPPED}
)
HUNDREDTHS: Final = 100


@dataclass(slots=True)
class Simulated:
    """What happened to many customers; every field is a count."""

    customers: Counter[str] = field(default_factory=Counter)
    #: Playbook -> customers who entered, those held out included.
    entered: Counter[str] = field(default_factory=Counter)
    #: (playbook, how its runs ended or stand), runs.
    runs: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (playbook, the day in its zone) -> runs that began.
    begun: Counter[tuple[str, date]] = field(default_factory=Counter)
    #: (playbook, step) -> customers who came to it, and those who were sent its message.
    came: Counter[tuple[str, int]] = field(default_factory=Counter)
    got: Counter[tuple[str, int]] = field(default_factory=Counter)
    #: (playbook, channel) -> messages that went out.
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (channel, the day in the project's zone) -> messages that went out.
    sent_on: Counter[tuple[str, date]] = field(default_factory=Counter)
    #: How many messages a customer got -> such customers, of those who entered anything.
    per_customer: Counter[int] = field(default_factory=Counter)
    #: (playbook, why) -> messages that were put off, and that never went.
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (playbook, offer) -> how often it was made.
    offers: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (playbook, currency, the first day of the month) -> what offers cost, in hundredths.
    costs: Counter[tuple[str, str, date]] = field(default_factory=Counter)
    #: Two playbooks -> customers who were inside both at once, and who heard of both on one day.
    inside_both: Counter[tuple[str, str]] = field(default_factory=Counter)
    heard_of_both: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, lived: Lived, lineup: Lineup) -> None:
        """Add one customer's life."""
        self.customers["replayed"] += 1
        runs = [run for run in lived.runs if run.run.status is not RunStatus.TURNED_AWAY]
        for run in lived.runs:
            self.runs[run.playbook, _stands(run)] += 1
        if not runs:
            return
        zone = zone_named(lineup.playbooks[0].plan.timezone)
        self._add_runs(runs, zone, lineup.until)
        self._add_entries(lived, zone)

    def merge(self, other: Simulated) -> None:
        """Add what another process found."""
        for each in fields(self):
            getattr(self, each.name).update(getattr(other, each.name))

    def _add_runs(self, runs: Iterable[LivedRun], zone: ZoneInfo, until: datetime) -> None:
        spans: dict[str, list[tuple[datetime, datetime]]] = {}
        for run in runs:
            self.begun[run.playbook, run.begun_at.astimezone(zone).date()] += 1
            if run.run.mode is not Mode.HOLDOUT:
                span = (run.begun_at, run.ended_at or until)
                spans.setdefault(run.playbook, []).append(span)
        self.entered.update({run.playbook for run in runs})
        for one, other in combinations(sorted(spans), 2):
            if any(a < d and c < b for a, b in spans[one] for c, d in spans[other]):
                self.inside_both[one, other] += 1

    def _add_entries(self, lived: Lived, zone: ZoneInfo) -> None:
        came: set[tuple[str, int]] = set()
        got: set[tuple[str, int]] = set()
        heard: dict[date, set[str]] = {}
        many = 0
        for entry in lived.entries:
            match entry:
                case Decided():
                    came.update(_steps_done(entry))
                    self._add_offers(entry, zone)
                case Noted(status=MessageStatus.SENT):
                    message, playbook = entry.message.message, entry.message.run.playbook
                    day = entry.at.astimezone(zone).date()
                    got.add((playbook, message.step))
                    self.sent[playbook, message.channel] += 1
                    self.sent_on[message.channel, day] += 1
                    if message.channel in CUSTOMER_CHANNELS:
                        heard.setdefault(day, set()).add(playbook)
                        many += 1
                case Noted(status=status, gate=gate):
                    counts = self.held if status is MessageStatus.HELD else self.refused
                    why = entry.reason if gate is None else str(gate)
                    counts[entry.message.run.playbook, why or str(status)] += 1
        self.came.update(came)
        self.got.update(got)
        self.per_customer[many] += 1
        self.heard_of_both.update(
            {pair for names in heard.values() for pair in combinations(sorted(names), 2)}
        )

    def _add_offers(self, entry: Decided, zone: ZoneInfo) -> None:
        for effect in entry.course.effects:
            if isinstance(effect, OfferMade):
                self.offers[entry.run.playbook, effect.offer] += 1
                month = entry.at.astimezone(zone).date().replace(day=1)
                cost = round(effect.cost * HUNDREDTHS)
                self.costs[entry.run.playbook, effect.cost_currency, month] += cost


def _steps_done(entry: Decided) -> Iterator[tuple[str, int]]:
    if entry.run.run.mode is Mode.HOLDOUT:
        return
    for decision in entry.course.decisions:
        if decision.deed in _DID and decision.step != START:
            yield entry.run.playbook, decision.step


def _stands(run: LivedRun) -> str:
    if run.run.mode is Mode.HOLDOUT and run.run.status is not RunStatus.TURNED_AWAY:
        return "held out"
    return "inside" if run.run.status in OPEN else str(run.run.status)
