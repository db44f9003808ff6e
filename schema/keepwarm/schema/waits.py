"""What a step may wait for, as people write it: `2 days`, `until Monday 09:00`, `until …`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TypeAlias

from keepwarm.schema.hours import (
    ALL_DAYS,
    Weekday,
    clock_text,
    parse_clock,
    parse_clock_of,
    parse_weekday,
)
from keepwarm.schema.lengths import LENGTH_WORDS, Length, Unit, parse_length
from keepwarm.schema.reading import NAME, Grammar, Read, Refusal, inside
from keepwarm.schema.suggestions import quoted

#: A run may not lie in wait longer: ten years.
LAST_DAY = 3_650


@dataclass(frozen=True, slots=True)
class WaitFor:
    """`48 hours` (elapsed) or `2 days` (to the same time of day, where the customer lives)."""

    length: Length

    def __str__(self) -> str:
        return str(self.length)


@dataclass(frozen=True, slots=True)
class WaitUntilDay:
    """`until day 14`, counted from the start, which is day 0."""

    day: int

    def __str__(self) -> str:
        return f"until day {self.day}"


@dataclass(frozen=True, slots=True)
class WaitUntilTime:
    """`until 09:00`: the next time it is nine."""

    time: time

    def __str__(self) -> str:
        return f"until {clock_text(self.time)}"


@dataclass(frozen=True, slots=True)
class WaitUntilWeekday:
    """`until Monday 09:00`: the next Monday at nine."""

    weekday: Weekday
    time: time

    def __str__(self) -> str:
        return f"until {self.weekday} {clock_text(self.time)}"


@dataclass(frozen=True, slots=True)
class WaitUntilEvent:
    """`until project_created, at most 3 days`."""

    event: str
    at_most: Length

    def __str__(self) -> str:
        return f"until {self.event}, at most {self.at_most}"


@dataclass(frozen=True, slots=True)
class WaitUntilDone:
    """`until rescue-call is done, at most 2 days`."""

    task: str
    at_most: Length

    def __str__(self) -> str:
        return f"until {self.task} is done, at most {self.at_most}"


@dataclass(frozen=True, slots=True)
class WaitUntilDate:
    """`until renewal_date`, `until 30 days before renewal_date`, `until 2 days after …`.

    Without an `offset`, `before` is false and says nothing.
    """

    attribute: str
    offset: Length | None = None
    before: bool = False

    def __str__(self) -> str:
        if self.offset is None:
            return f"until {self.attribute}"
        return f"until {self.offset} {'before' if self.before else 'after'} {self.attribute}"


Wait: TypeAlias = (
    WaitFor
    | WaitUntilDay
    | WaitUntilTime
    | WaitUntilWeekday
    | WaitUntilEvent
    | WaitUntilDone
    | WaitUntilDate
)


def read_wait(text: str) -> Read[Wait] | Refusal:
    """Read what a step waits for.

    `until <name>` alone reads as a date; only the catalog can tell that the name is an event,
    which would need its `at most`.
    """
    return _WAIT.read(text)


def _parse_wait(said: str) -> Wait | Refusal | None:
    if (match := _EITHER.fullmatch(said) or _FOR.fullmatch(said)) is not None:
        meant = f"until {match['what']}, at most {match['length']}"
        if isinstance(_parse_wait(meant), WaitUntilEvent):
            first = "the first of the two ends the wait"
            return Refusal(f"cannot read {quoted(said)} as a time to wait", first, meant)
    if match := _UNTIL.fullmatch(said):
        return _parse_until(match["what"])
    match = re.fullmatch(r"(?:for )?(?P<length>.+)", said, re.IGNORECASE)
    length = _usable(parse_length(match["length"])) if match else None
    return WaitFor(length) if isinstance(length, Length) else length


def _usable(length: Length | Refusal | None) -> Length | Refusal | None:
    """Refuse a length that nobody's calendar can tell: a customer has no working days."""
    if isinstance(length, Length) and length.unit.is_working:
        plain = Length(length.amount, _PLAIN[length.unit])
        return Refusal(
            f'"{length}" belong to a team\'s calendar, and a wait has no team',
            'working time may stand in the "due" of a task',
            str(plain),
        )
    return length


def _parse_until(what: str) -> Wait | Refusal | None:
    for parse in (_until_day, _until_time, _until_done, _until_event, _until_date):
        found = parse(what)
        if found is not None:
            return found
    return None


def _until_day(what: str) -> Wait | Refusal | None:
    match = re.fullmatch(r"day ?(?P<day>[0-9]{1,9})", what, re.IGNORECASE)
    if match is None:
        return None
    day = int(match["day"])
    if not 1 <= day <= LAST_DAY:
        return Refusal(
            f"there is no waiting until day {day}: the start is day 0, and a wait ends within "
            "10 years",
            'for example "until day 14"',
        )
    return WaitUntilDay(day)


def _until_time(what: str) -> Wait | Refusal | None:
    first, _, rest = what.partition(" ")
    weekday = parse_weekday(first)
    if weekday is None:
        clock = parse_clock(what.removeprefix("at "))
        if isinstance(clock, Refusal):
            return inside(clock, "until ")
        return WaitUntilTime(clock) if clock is not None else None
    if not rest:
        return Refusal(
            f'"until {what}" needs a time of day',
            'for example "until Monday 09:00"',
            f"until {weekday} 09:00",
        )
    begins, ends = f"until {weekday} 00:00", f"until {weekday.following} 00:00"
    clock = parse_clock_of(begins, ends, rest.removeprefix("at "))
    if isinstance(clock, Refusal):
        return inside(clock, f"until {weekday} ")
    return WaitUntilWeekday(weekday, clock) if clock is not None else None


def _until_done(what: str) -> Wait | Refusal | None:
    match = _DONE.fullmatch(what)
    if match is None:
        return None
    start = f"until {match['task']} is done"
    at_most = _at_most(match["at_most"], start, "a task that nobody does would hold it for ever")
    return WaitUntilDone(match["task"], at_most) if isinstance(at_most, Length) else at_most


def _until_event(what: str) -> Wait | Refusal | None:
    match = _EVENT.fullmatch(what)
    if match is None:
        return None
    start = f"until {match['event']}"
    at_most = _at_most(match["at_most"], start, "an event that never comes would hold it for ever")
    return WaitUntilEvent(match["event"], at_most) if isinstance(at_most, Length) else at_most


def _at_most(said: str | None, start: str, why: str) -> Length | Refusal | None:
    """Give the length behind `at most`; `start` is the phrase before it."""
    if said is None:
        return Refusal(f'"{start}" needs an end: {why}', f'for example "{start}, at most 3 days"')
    length = _usable(parse_length(said))
    return inside(length, f"{start}, at most ") if isinstance(length, Refusal) else length


def _until_date(what: str) -> Wait | Refusal | None:
    match = _DATE.fullmatch(what)
    if match is None or match["attribute"].lower() in _RESERVED:
        return None
    attribute, side = match["attribute"], (match["side"] or "").lower()
    if not side:
        return WaitUntilDate(attribute)
    offset = _usable(parse_length(match["offset"]))
    if isinstance(offset, Refusal):
        return inside(offset, "until ", f" {side} {attribute}")
    return None if offset is None else WaitUntilDate(attribute, offset, side == "before")


_PLAIN = {Unit.WORKING_HOUR: Unit.HOUR, Unit.WORKING_DAY: Unit.DAY}
#: A bare one of these is half a phrase, not the name of a date.
_RESERVED = frozenset(
    {"day", "days", "at", "the", "next", "on", "done", "today", "tomorrow", "tonight", "is"}
    | {day.lower() for day in ALL_DAYS}
)
_UNTIL = re.compile(r"(?:until|till?) (?P<what>.+)", re.IGNORECASE)
#: Other ways to say how long an event is waited for.
_FOR = re.compile(rf"until (?P<what>{NAME}),? (?:for|within) (?P<length>.+)", re.IGNORECASE)
_EITHER = re.compile(rf"(?:for )?(?P<length>[^,]+?),? or until (?P<what>{NAME})", re.IGNORECASE)
_AT_MOST = r"(?:,? (?:but )?(?:at most|max\.?|maximum|up to|no longer than) (?P<at_most>.+))"
_DONE = re.compile(rf"(?P<task>{NAME}) (?:is |has been )?done{_AT_MOST}?", re.IGNORECASE)
_EVENT = re.compile(rf"(?P<event>{NAME}){_AT_MOST}", re.IGNORECASE)
_DATE = re.compile(
    rf"(?:(?P<offset>[^ ].*?) (?P<side>before|after) )?(?:the )?(?P<attribute>{NAME})",
    re.IGNORECASE,
)
_WAIT: Grammar[Wait] = Grammar(
    "a time to wait",
    'for example "2 days", "4 hours" or "until day 14"',
    LENGTH_WORDS | {"until", "at", "most", "before", "after", "done", "is"} | set(ALL_DAYS),
    _parse_wait,
)
