"""When a customer's date lets them in: `date: renewal_date`, `before: 90 days`, `at: 09:00`.

The day counts where the customer lives. The 29th of February comes on the 28th in other years; an
anniversary comes a year later for the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from keepwarm.engine.timing import last_day_of, local_moment, shifted_day, zone_named
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.playbook import OnDate

_DAY = timedelta(days=1)
#: A day of the calendar begins this much earlier or later elsewhere; months differ by less.
_MARGIN = 4 * _DAY
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class DatesInQuestion:
    """What a date must look like if it may fall due in a stretch of time, anywhere on earth."""

    #: Days as texts: `2026-03-01`; where the date is yearly `03-01`.
    days: tuple[str, ...]
    yearly: bool


def dates_in_question(
    start: OnDate, kind: FactKind, since: datetime, now: datetime
) -> DatesInQuestion:
    """Give what to look for when all that fell due after `since`, up to now, is wanted."""
    days: set[date] = set()
    for day in _occurrences_due(start, since, now):
        # A moment's own day, in UTC, may be another than the customer's.
        near = (day - _DAY, day, day + _DAY) if kind is FactKind.MOMENT else (day,)
        days.update(near)
    if not start.yearly:
        return DatesInQuestion(tuple(sorted(day.isoformat() for day in days)), yearly=False)
    found = {f"{day:%m-%d}" for day in days}
    if "02-28" in found or "03-01" in found:
        found.add("02-29")
    return DatesInQuestion(tuple(sorted(found)), yearly=True)


def occurrence_due(
    start: OnDate, text: str, zone: str, since: datetime, now: datetime
) -> date | None:
    """Give the day whose turn came after `since`, up to now: the last one; None if none did.

    `text` is the customer's date or moment as facts hold it; one that is no day gives None.
    """
    day = day_of(text, zone)
    if day is None:
        return None
    occurrences: tuple[date, ...] = (day,)
    if start.yearly:
        possible = _occurrences_due(start, since, now)
        occurrences = tuple(each for each in possible if _is_anniversary(day, each))
    due = [each for each in occurrences if since < _due(start, each, zone) <= now]
    return due[-1] if due else None


def next_due(start: OnDate, text: str, zone: str, since: datetime) -> datetime | None:
    """Give the first moment after `since` at which the customer's day has its turn; None if never.

    `occurrence_due` tells of it at the first look from then on.
    """
    day = day_of(text, zone)
    if day is None:
        return None
    try:
        for each in _anniversaries(start, day, since) if start.yearly else (day,):
            # Not by `_due`, which is for asking the same of many customers.
            turn = local_moment(_shifted(start, each), start.at, zone_named(zone))
            if turn > since:
                return turn
    except (ValueError, OverflowError):  # at the ends of the calendar
        pass
    return None


def _anniversaries(start: OnDate, day: date, since: datetime) -> Iterator[date]:
    """Give, ascending, the anniversaries of a day whose turn may be the first after a moment."""
    near = since.date()
    if start.offset is not None:
        near = shifted_day(near, start.offset, sign=1 if start.before else -1)
    first = max(near.year - 1, day.year + 1)
    for year in range(first, first + 4):
        yield date(year, day.month, min(day.day, last_day_of(year, day.month)))


def _is_anniversary(day: date, occurrence: date) -> bool:
    if occurrence.year <= day.year or occurrence.month != day.month:
        return False
    return occurrence.day == min(day.day, last_day_of(occurrence.year, occurrence.month))


@lru_cache(maxsize=65536)
def _due(start: OnDate, occurrence: date, zone: str) -> datetime:
    return local_moment(_shifted(start, occurrence), start.at, zone_named(zone))


def _shifted(start: OnDate, occurrence: date) -> date:
    if start.offset is None:
        return occurrence
    return shifted_day(occurrence, start.offset, sign=-1 if start.before else 1)


@lru_cache(maxsize=256)
def _occurrences_due(start: OnDate, since: datetime, now: datetime) -> tuple[date, ...]:
    """Give the days, ascending, whose turn may come in this stretch somewhere on earth."""
    first, last = since.date() - _DAY, now.date() + _DAY
    return tuple(
        day for day in _around(start, first, last) if first <= _shifted(start, day) <= last
    )


def _around(start: OnDate, first: date, last: date) -> Iterator[date]:
    """Give all days of which the offset may lead into the stretch, and some more."""
    if start.offset is not None:
        back = 1 if start.before else -1
        first = shifted_day(first, start.offset, sign=back) - _MARGIN
        last = shifted_day(last, start.offset, sign=back) + _MARGIN
    while first <= last:
        yield first
        first += _DAY


def day_of(text: str, zone: str) -> date | None:
    """Give the day of a customer's date or moment, as facts hold it; None for one that is no day.

    A moment is on the day that the calendar shows where the customer lives.
    """
    try:
        if len(text) == len("2026-03-01"):
            return date.fromisoformat(text)
        moment = datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
        return moment.astimezone(zone_named(zone)).date()
    except (ValueError, OverflowError):
        return None
