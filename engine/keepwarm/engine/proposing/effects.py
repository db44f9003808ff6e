"""Whom a change touches: lives replayed with what is live and with what is wanted, compared."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from keepwarm.engine.canonical import Aspect
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.proposing.blaming import blamed
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.getting import Got, Reading, got_in
from keepwarm.engine.replay.lineup import Lineup
from keepwarm.engine.replay.lived import Lived, Noted
from keepwarm.engine.replay.simulated import Simulated
from keepwarm.engine.timing import zone_named
from keepwarm.schema.words import CUSTOMER_CHANNELS

#: How many examples are kept of each sort.
EXAMPLES: Final = 3
_WEEK: Final = timedelta(days=7)
#: Behind what sounds the same on both sides, and is not.
_OTHER_WORDS: Final = "in another form"


class Touch(StrEnum):
    """How a customer's life would have been another one."""

    OTHER = "something else"
    TIME = "at another time"
    FIRST = "for the first time"
    NO_LONGER = "no longer"


@dataclass(frozen=True, slots=True, order=True)
class Example:
    """One customer whom a playbook would touch, what they got and what they would get."""

    customer: str
    touch: Touch
    live: tuple[tuple[datetime, str], ...]
    new: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class WorstWeek:
    """The most messages that anybody got in seven days, and who that was."""

    messages: int = 0
    customer: str = ""


@dataclass(slots=True)
class Effects:
    """What would have been different for many customers; sums of several processes add up."""

    since: datetime
    until: datetime
    live: Simulated = field(default_factory=Simulated)
    new: Simulated = field(default_factory=Simulated)
    #: (playbook, number of the changed line) -> how -> customers, at the line where lives part.
    by_line: Counter[tuple[str, int, Touch]] = field(default_factory=Counter)
    #: Each customer once a playbook, whatever line it was.
    by_playbook: Counter[tuple[str, Touch]] = field(default_factory=Counter)
    #: Customers who are touched by anything.
    touched: int = 0
    #: Playbook -> a few customers of each sort, those whose identifiers come first.
    examples: dict[tuple[str, Touch], list[Example]] = field(default_factory=dict)
    worst_live: WorstWeek = field(default_factory=WorstWeek)
    worst_new: WorstWeek = field(default_factory=WorstWeek)

    @property
    def days(self) -> int:
        """How many days were replayed."""
        return max((self.until - self.since).days, 1)

    def merge(self, other: Effects) -> None:
        """Add what another process found."""
        self.live.merge(other.live)
        self.new.merge(other.new)
        self.by_line.update(other.by_line)
        self.by_playbook.update(other.by_playbook)
        self.touched += other.touched
        for key, found in other.examples.items():
            for each in found:
                self.keep(key, each)
        self.worst_live = max(self.worst_live, other.worst_live)
        self.worst_new = max(self.worst_new, other.worst_new)

    def keep(self, key: tuple[str, Touch], example: Example) -> None:
        """Keep an example, unless there are enough whose identifiers come before."""
        kept = self.examples.setdefault(key, [])
        insort(kept, example)
        del kept[EXAMPLES:]

    def examples_of(self, playbook: str) -> list[Example]:
        """Give at most three customers, of as many sorts as there are."""
        kinds = [list(self.examples.get((playbook, touch), ())) for touch in Touch]
        found: list[Example] = []
        while any(kinds) and len(found) < EXAMPLES:
            for each in kinds:
                if each and len(found) < EXAMPLES:
                    found.append(each.pop(0))
        return found


@dataclass(frozen=True, slots=True)
class Both:
    """Everything that two lives of a customer are compared with."""

    live: Lineup
    new: Lineup
    #: Playbook -> how its lives are read, on either side; None where it is not.
    readings: Mapping[str, tuple[Reading | None, Reading | None]]
    #: Playbook -> its changed lines; empty for one that comes, goes or stays as it is.
    changes: Mapping[str, Sequence[LineChange]]

    def add(self, effects: Effects, live: Lived, new: Lived, language: str) -> None:
        """Compare two lives of one customer, and add what is different."""
        effects.live.add(live, self.live)
        effects.new.add(new, self.new)
        effects.worst_live = max(effects.worst_live, _worst_week(live))
        effects.worst_new = max(effects.worst_new, _worst_week(new))
        if not live.entries and not new.entries:
            return
        touched = [self._compare(effects, name, live, new, language) for name in self.readings]
        effects.touched += any(touched)

    def _compare(self, effects: Effects, name: str, live: Lived, new: Lived, language: str) -> bool:
        old_reading, new_reading = self.readings[name]
        got = got_in(live, old_reading, language) if old_reading else []
        gets = got_in(new, new_reading, language) if new_reading else []
        touch = _touch(got, gets)
        if touch is None:
            return False
        effects.by_playbook[name, touch] += 1
        zone = _zone_of(new_reading or old_reading)
        effects.keep(
            (name, touch), Example(live.customer, touch, _told(got, zone), _told(gets, zone, got))
        )
        if old_reading and new_reading and self.changes.get(name):
            ours = live, old_reading.plan, got
            theirs = new, new_reading.plan, gets
            lines = blamed(self.changes[name], ours, theirs)
            for line in lines:
                how = _by_itself(self.changes[name][line], touch, alone=len(lines) == 1)
                effects.by_line[name, line, how] += 1
        return True


def _touch(got: Sequence[Got], gets: Sequence[Got]) -> Touch | None:
    """Say how two lives differ; None where the customer could not tell."""
    if got == gets:
        return None
    if not got:
        return Touch.FIRST
    if not gets:
        return Touch.NO_LONGER
    same = Counter((each.what, each.mark) for each in got) == Counter(
        (each.what, each.mark) for each in gets
    )
    return Touch.TIME if same else Touch.OTHER


def _by_itself(change: LineChange, touch: Touch, *, alone: bool) -> Touch:
    """Say what one line does where several make a difference in the same life."""
    if alone or touch in {Touch.FIRST, Touch.NO_LONGER}:
        return touch
    return Touch.TIME if change.aspect is Aspect.TIMING else Touch.OTHER


def _zone_of(reading: Reading | None) -> ZoneInfo:
    return zone_named("UTC" if reading is None else reading.plan.timezone)


def _told(
    got: Sequence[Got], zone: ZoneInfo, before: Sequence[Got] = ()
) -> tuple[tuple[datetime, str], ...]:
    """Tell things with their moments; what was there before in another form says so."""
    known: dict[str, set[str]] = {}
    for each in before:
        known.setdefault(each.what, set()).add(each.mark)
    return tuple((each.at.astimezone(zone), _named(each, known)) for each in got)


def _named(thing: Got, known: Mapping[str, set[str]]) -> str:
    is_other = thing.mark not in known.get(thing.what, {thing.mark})
    return f"{thing.what} ({_OTHER_WORDS})" if is_other else thing.what


def _worst_week(lived: Lived) -> WorstWeek:
    """Give the most messages that a customer got in any seven days, service messages too."""
    sent = sorted(
        entry.at
        for entry in lived.entries
        if isinstance(entry, Noted)
        and entry.status is MessageStatus.SENT
        and entry.message.message.channel in CUSTOMER_CHANNELS
    )
    most = first = 0
    for last, moment in enumerate(sent):
        while sent[first] <= moment - _WEEK:
            first += 1
        most = max(most, last - first + 1)
    return WorstWeek(most, lived.customer)
