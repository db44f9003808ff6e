"""The stretches of time that conditions speak of, as bounds that memory and SQL both compare.

All are computed from the given moment in the project's zone, so that one bound holds for every
customer of a query. Calendar units keep the clock time; minutes and hours elapse (`timing`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias, assert_never

from keepwarm.engine.facts import moment_text
from keepwarm.engine.timing import after, before, local_moment, zone_named
from keepwarm.schema.conditions import (
    AfterDate,
    BeforeDate,
    Direction,
    EventWindow,
    FactKind,
    Far,
    InLast,
    Near,
    SinceStart,
    Today,
)
from keepwarm.schema.phrases import Length, Unit

#: A phrase about a date or a moment.
TimePhrase: TypeAlias = Near | Far | Today | BeforeDate | AfterDate

#: Sorts before every date and moment, and after every one.
EARLIEST: Final = ""
LATEST: Final = "~"

#: What a date and a moment look like in facts, digits as 0. Anything else is no value.
SHAPES: Final = {FactKind.DATE: "0000-00-00", FactKind.MOMENT: "0000-00-00T00:00:00.000000Z"}

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
#: A calendar unit at its longest; two days more allow for changes of clock and of zone.
_LONGEST_UNIT = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: _DAY,
    Unit.WEEK: timedelta(weeks=1),
    Unit.MONTH: timedelta(days=31),
    Unit.YEAR: timedelta(days=366),
    Unit.WORKING_HOUR: timedelta(hours=1),
    Unit.WORKING_DAY: _DAY,
}


def text_range(phrase: TimePhrase, kind: FactKind, now: datetime, zone: str) -> tuple[str, str]:
    """Give (low, high): the phrase holds for a date or moment when low <= its text < high.

    A date is compared by days in the zone, a moment by instants.
    """
    match phrase:
        case BeforeDate(day):
            return EARLIEST, _starts(day, kind, zone)
        case AfterDate(day):
            return _starts_after(day, kind, zone), LATEST
        case Today():
            today = now.astimezone(zone_named(zone)).date()
            return _starts(today, kind, zone), _starts_after(today, kind, zone)
        case Near(Direction.PAST, length):
            then = before(now, length, zone_named(zone))
            return _text(then, kind, zone), _text_after(now, kind, zone)
        case Near(Direction.FUTURE, length):
            then = after(now, length, zone_named(zone))
            return _text(now, kind, zone), _text_after(then, kind, zone)
        case Far(Direction.PAST, length):
            return EARLIEST, _text(before(now, length, zone_named(zone)), kind, zone)
        case Far(Direction.FUTURE, length):
            return _text_after(after(now, length, zone_named(zone)), kind, zone), LATEST
        case Near() | Far():
            raise AssertionError(phrase.direction)
        case _:
            assert_never(phrase)


def window_start(
    window: EventWindow, now: datetime, started_at: datetime | None, zone: str
) -> datetime | None:
    """Give the first moment that an event's window holds; None is for ever. `now` is its last.

    Outside a run, `since start` is since now.
    """
    match window:
        case None:
            return None
        case SinceStart():
            return now if started_at is None else started_at
        case InLast(length):
            return length_ago(length, now, zone)
        case _:
            assert_never(window)


def length_ago(length: Length, now: datetime, zone: str) -> datetime:
    """Give the moment that lies this long back."""
    return before(now, length, zone_named(zone))


def change_windows(length: Length, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Give where the window of a change begins, and where the one just before it does."""
    middle = length_ago(length, now, zone)
    return middle, length_ago(length, middle, zone)


def reach(length: Length) -> timedelta:
    """Give a time that is never shorter than this length back from any moment."""
    exact = length.amount * _LONGEST_UNIT[length.unit]
    return exact if length.unit.is_elapsed else exact + 2 * _DAY


def _starts(day: date, kind: FactKind, zone: str) -> str:
    """Give the first text of this day."""
    if kind is FactKind.DATE:
        return day.isoformat()
    return moment_text(local_moment(day, time(), zone_named(zone)))


def _starts_after(day: date, kind: FactKind, zone: str) -> str:
    """Give the first text after this day."""
    return LATEST if day == date.max else _starts(day + _DAY, kind, zone)


def _text(moment: datetime, kind: FactKind, zone: str) -> str:
    """Give the text of a moment, or of the day that it lies on."""
    if kind is FactKind.DATE:
        return moment.astimezone(zone_named(zone)).date().isoformat()
    return moment_text(moment)


def _text_after(moment: datetime, kind: FactKind, zone: str) -> str:
    """Give the first text after a moment, or after the day that it lies on."""
    if kind is FactKind.DATE:
        return _starts_after(moment.astimezone(zone_named(zone)).date(), kind, zone)
    return moment_text(moment + _INSTANT)
