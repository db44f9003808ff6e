"""Times of day as people write them: `09:00`, `21:00 to 08:00`, `weekdays 09:00 to 17:30`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from keepwarm.schema.reading import Grammar, Read, Refusal, inside
from keepwarm.schema.suggestions import listed, quoted


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"

    @property
    def number(self) -> int:
        """Give the day as `date.weekday()` does: Monday is 0."""
        return ALL_DAYS.index(self)

    @property
    def following(self) -> Weekday:
        """Give the day after."""
        return ALL_DAYS[(self.number + 1) % len(ALL_DAYS)]


ALL_DAYS = tuple(Weekday)
#: Monday to Friday.
WORKDAYS = ALL_DAYS[:5]


@dataclass(frozen=True, slots=True)
class Window:
    """From a time of day to another, the end excluded; `21:00 to 08:00` crosses midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{clock_text(self.start)} to {clock_text(self.end)}"

    @property
    def crosses_midnight(self) -> bool:
        """Whether the window ends on the day after it begins."""
        return self.end < self.start


@dataclass(frozen=True, slots=True)
class Works:
    """The hours of a team: which days of the week, in their order, and from when to when."""

    days: tuple[Weekday, ...]
    window: Window

    def __str__(self) -> str:
        return f"{_days_text(self.days)} {self.window}"


def read_clock_time(text: str) -> Read[time] | Refusal:
    """Read a time of day on the 24-hour clock; its canonical text is `clock_text`.

    No phrase says of which day it is, so that none can name the midnight at its end.
    """
    return _CLOCK.read(text)


def read_window(text: str) -> Read[Window] | Refusal:
    """Read `21:00 to 08:00`."""
    return _WINDOW.read(text)


def read_works(text: str) -> Read[Works] | Refusal:
    """Read `weekdays 09:00 to 17:30`, `every day 08:00 to 20:00`, `Monday to Thursday …`."""
    return _WORKS.read(text)


def clock_text(at: time) -> str:
    """Give a time of day as the language spells it: 09:30."""
    return f"{at:%H:%M}"


def _parse_clock(said: str) -> time | Refusal | None:
    return parse_clock_of("00:00", "23:59", said)


def parse_clock(said: str) -> time | Refusal | None:
    """Parse a time of day out of tidied text; None where the text is nothing like one."""
    match = _ON_THE_CLOCK.fullmatch(said)
    if match is None:
        return _refused_clock(said)
    hour, minute = int(match["hour"]), int(match["minute"])
    if (hour, minute) == (24, 0):
        return Refusal('"24:00" is written "00:00"', "the day begins at 00:00", "00:00")
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        return Refusal(f"no clock shows {quoted(said)}", "a time lies between 00:00 and 23:59")
    return time(hour, minute)


def _refused_clock(said: str) -> Refusal | None:
    if said.lower() in _NAMED_TIMES:
        return Refusal(
            f"{quoted(said)} is not a time of day", _CLOCK_HINT, _NAMED_TIMES[said.lower()]
        )
    match = _OTHER_CLOCK.fullmatch(said)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        return None
    meant = clock_text(time(hour, minute))
    return Refusal(f"write {meant} instead of {quoted(said)}", _CLOCK_HINT, meant)


def parse_clock_of(day: str, after: str, said: str) -> time | Refusal | None:
    """Parse a time of one day; a midnight with which it may begin or end is refused.

    `day` and `after` are the whole phrases for the midnights at its beginning and at its end.
    """
    if said.lower() not in _MIDNIGHTS:
        return parse_clock(said)
    message = f"{quoted(said)} may be the midnight with which the day begins, or ends"
    return Refusal(message, f'write "{day}" for its beginning, "{after}" for its end')


def parse_window(said: str) -> Window | Refusal | None:
    """Parse a window out of tidied text; None where the text is nothing like one."""
    match = _FROM_TO.fullmatch(said)
    if match is None:
        return None
    start, end = parse_clock(match["start"]), parse_clock(match["end"])
    if start is None or end is None:
        return None
    if isinstance(start, Refusal):
        return inside(start, "", f" to {_meant(end)}")
    if isinstance(end, Refusal):
        return inside(end, f"{clock_text(start)} to ")
    if start == end:
        return Refusal(
            f"{quoted(said)} ends when it begins",
            'for example "21:00 to 08:00" or "09:00 to 17:30"',
        )
    return Window(start, end)


def _meant(end: time | Refusal) -> str:
    return (end.replacement or "") if isinstance(end, Refusal) else clock_text(end)


def _parse_works(said: str) -> Works | Refusal | None:
    match = _DAYS_AND_HOURS.fullmatch(said)
    if match is None:
        return None
    days, window = _parse_days(match["days"]), parse_window(match["window"])
    if days is None or window is None:
        return None
    if isinstance(window, Refusal):
        return inside(window, f"{_days_text(days)} ")
    return Works(days, window)


def _parse_days(said: str) -> tuple[Weekday, ...] | None:
    words = said.lower().rstrip(",")
    if words in {"weekdays", "weekday", "workdays", "working days", "every weekday"}:
        return WORKDAYS
    if words in {"every day", "daily", "all days", "all week"}:
        return ALL_DAYS
    if words in {"weekends", "weekend", "at weekends"}:
        return ALL_DAYS[5:]
    ends = [parse_weekday(word) for word in re.split(r" ?(?:-|\bto\b|\buntil\b) ?", words)]
    if len(ends) == 2 and ends[0] and ends[1]:  # noqa: PLR2004  a first and a last day
        first, last = ends[0].number, ends[1].number
        return tuple(day for day in ALL_DAYS if _lies_between(day.number, first, last))
    days = [parse_weekday(word) for word in re.split(r",? and |, ?", words)]
    known = {day for day in days if day is not None}
    return tuple(sorted(known, key=ALL_DAYS.index)) if len(known) == len(days) else None


def _lies_between(day: int, first: int, last: int) -> bool:
    return first <= day <= last if first <= last else day >= first or day <= last


def _days_text(days: tuple[Weekday, ...]) -> str:
    """Give "weekdays", "every day", "Monday to Thursday" or "Monday, Wednesday and Friday"."""
    if days == ALL_DAYS:
        return "every day"
    if days == WORKDAYS:
        return "weekdays"
    is_a_run = days == ALL_DAYS[days[0].number : days[-1].number + 1] if days else False
    if is_a_run and len(days) > 2:  # noqa: PLR2004  two days are "Monday and Tuesday"
        return f"{days[0]} to {days[-1]}"
    return listed(days, "and")


def parse_weekday(word: str) -> Weekday | None:
    """Give the day that the word names (`Monday`, `mondays`, `Mon`), or None."""
    plain = word.lower().rstrip(".")
    for day in ALL_DAYS:
        full = day.lower()
        if plain in {full, f"{full}s", full[:3], *_OTHER_DAYS.get(full, ())}:
            return day
    return None


_LAST_HOUR, _LAST_MINUTE, _NOON = 23, 59, 12
_MIDNIGHTS = frozenset({"24:00", "24:00:00", "24h", "midnight"})
_NAMED_TIMES = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_OTHER_DAYS = {"tuesday": ("tues",), "thursday": ("thur", "thurs"), "wednesday": ("weds",)}

_ON_THE_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::00)?")
_OTHER_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.hu]?(?P<minute>[0-9]{2}))?"
    r" ?(?:h|u|uur|uhr|hrs|o'clock|(?P<half>[ap]\.?m\.?))?",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    r"(?:from |between )?(?P<start>[^-]+?)"
    r" ?(?:-|\bto\b|\btill?\b|\buntil\b|\band\b) ?(?P<end>[^-]+)",
    re.IGNORECASE,
)
_DAYS_AND_HOURS = re.compile(
    r"(?P<days>[A-Za-z][A-Za-z ,.-]*?),? (?P<window>(?:from |between )?[0-9].*)", re.IGNORECASE
)

_CLOCK_HINT = 'the 24-hour clock, for example "09:00" or "17:30"'
_CLOCK = Grammar("a time of day", _CLOCK_HINT, frozenset(_NAMED_TIMES), _parse_clock, clock_text)
_WINDOW = Grammar(
    "a part of the day", 'for example "21:00 to 08:00"', frozenset({"to"}), parse_window
)
_WORKS = Grammar(
    "working hours",
    'for example "weekdays 09:00 to 17:30" or "Monday to Thursday 08:00 to 16:00"',
    frozenset(ALL_DAYS) | {"weekdays", "every", "day", "to", "and"},
    _parse_works,
)
