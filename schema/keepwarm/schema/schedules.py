"""When a playbook looks for its customers: `day at 09:30`, `Monday at 09:00`, `15 minutes`."""

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
from keepwarm.schema.lengths import LENGTH_WORDS, Length, parse_length
from keepwarm.schema.reading import Grammar, Read, Refusal, inside
from keepwarm.schema.suggestions import quoted

#: The last day that every month has.
LAST_SAFE_DAY = 28
_LONGEST_MONTH = 31
_END_OF_A_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class EveryInterval:
    """`15 minutes` or `2 hours`, without regard to the clock."""

    length: Length

    def __str__(self) -> str:
        return str(self.length)


@dataclass(frozen=True, slots=True)
class EveryDay:
    """`day at 09:30`."""

    at: time

    def __str__(self) -> str:
        return f"day at {clock_text(self.at)}"


@dataclass(frozen=True, slots=True)
class EveryWeekday:
    """`weekday at 09:00`: Monday to Friday."""

    at: time

    def __str__(self) -> str:
        return f"weekday at {clock_text(self.at)}"


@dataclass(frozen=True, slots=True)
class EveryWeek:
    """`Monday at 09:00`."""

    on: Weekday
    at: time

    def __str__(self) -> str:
        return f"{self.on} at {clock_text(self.at)}"


@dataclass(frozen=True, slots=True)
class EveryMonth:
    """`month on day 1 at 08:00`; a month that has no such day uses its last."""

    day: int
    at: time

    def __str__(self) -> str:
        return f"month on day {self.day} at {clock_text(self.at)}"

    @property
    def note(self) -> str | None:
        """Say what becomes of shorter months, or None where every month has the day."""
        if self.day <= LAST_SAFE_DAY:
            return None
        return f"a month without a day {self.day} runs on its last day"


Schedule: TypeAlias = EveryInterval | EveryDay | EveryWeekday | EveryWeek | EveryMonth


def read_schedule(text: str) -> Read[Schedule] | Refusal:
    """Read what stands behind `every:`."""
    return _SCHEDULE.read(text)


def _parse_schedule(said: str) -> Schedule | Refusal | None:
    said = re.sub(r"^every ", "", said, flags=re.IGNORECASE)
    match = _AT.fullmatch(said)
    if match is None:
        return _parse_interval(said) or _without_a_time(said)
    begins = _on_days(match["days"], time(0))
    clock = _parse_clock(match["clock"], begins)
    if clock is None:
        return None
    found = begins if isinstance(clock, Refusal) else _on_days(match["days"], clock)
    if isinstance(clock, Refusal) and found is not None and not isinstance(found, Refusal):
        return inside(clock, str(found).removesuffix("00:00"))
    return found


def _parse_clock(said: str, begins: Schedule | Refusal | None) -> time | Refusal | None:
    """Parse the time of a schedule; `begins` is the schedule at the beginning of its days."""
    match begins:
        case EveryWeek(on=on):
            after: Schedule = EveryWeek(on.following, time(0))
        case EveryMonth(day=day) if day < LAST_SAFE_DAY:
            after = EveryMonth(day + 1, time(0))
        case EveryMonth(day=day) if day == _LONGEST_MONTH:
            after = EveryMonth(1, time(0))
        case EveryMonth(day=day):
            after = EveryMonth(day, _END_OF_A_DAY)
        case EveryWeekday():
            after = EveryWeekday(_END_OF_A_DAY)
        case _:
            # Of every day, both midnights are the same.
            return parse_clock(said)
    return parse_clock_of(str(begins), str(after), said)


def _on_days(days: str, at: time) -> Schedule | Refusal | None:
    words = days.lower()
    if words in {"day", "daily", "each day"}:
        return EveryDay(at)
    if words in {"weekday", "weekdays", "workday", "workdays", "working day"}:
        return EveryWeekday(at)
    if weekday := parse_weekday(words.removeprefix("week on ").removeprefix("on ")):
        return EveryWeek(weekday, at)
    return _on_day_of_month(words, at)


def _on_day_of_month(words: str, at: time) -> Schedule | Refusal | None:
    if _LAST_OF_MONTH.fullmatch(words):
        return EveryMonth(_LONGEST_MONTH, at)
    match = _OF_MONTH.fullmatch(words)
    if match is None:
        return None
    day = int(match["day"])
    if not 1 <= day <= _LONGEST_MONTH:
        return Refusal(
            f"no month has a day {day}", f'for example "month on day 1 at {clock_text(at)}"'
        )
    return EveryMonth(day, at)


def _parse_interval(said: str) -> Schedule | Refusal | None:
    length = parse_length(said if re.match(r"[^a-z]|an? ", said, re.IGNORECASE) else f"1 {said}")
    if not isinstance(length, Length):
        return length
    if length.unit.is_elapsed:
        return EveryInterval(length)
    if length.amount == 1:
        return _without_a_time(length.unit.value)
    return Refusal(
        f'"every {length}" is not a schedule we have',
        'for example "day at 09:00", "Monday at 09:00" or "month on day 1 at 08:00"',
    )


def _without_a_time(said: str) -> Refusal | None:
    """Refuse a schedule that says on which days, but not at what time."""
    nine = time(9)
    days = "month on day 1" if said == "month" else said
    found = _on_days("Monday" if said in {"week", "weekly"} else days, nine)
    if found is None or isinstance(found, Refusal):
        return found
    return Refusal(f"{quoted(said)} needs a time of day", f'for example "{found}"', str(found))


_AT = re.compile(
    r"(?P<days>[A-Za-z].*?),? (?:at )?(?P<clock>[0-9][^ ]*(?: ?[ap]\.?m\.?)?|noon|midnight)",
    re.IGNORECASE,
)
_OF_MONTH = re.compile(
    r"(?:month|monthly)(?: on)?(?: the)?(?: day)? (?P<day>[0-9]{1,9})(?:st|nd|rd|th)?"
)
_LAST_OF_MONTH = re.compile(r"(?:month|monthly)(?: on)?(?: the)? last day")
_SCHEDULE: Grammar[Schedule] = Grammar(
    "a schedule",
    'for example "day at 09:30", "weekday at 09:00", "Monday at 09:00", '
    '"month on day 1 at 08:00", "15 minutes" or "2 hours"',
    LENGTH_WORDS | {"at", "on", "month", "weekday", "every"} | set(ALL_DAYS),
    _parse_schedule,
)
