"""Schedules: when a playbook's clock last struck."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from keepwarm.engine.timing import last_day_of, local_moment
from keepwarm.schema.phrases import (
    EveryDay,
    EveryInterval,
    EveryMonth,
    EveryWeek,
    EveryWeekday,
    Length,
    Schedule,
    Unit,
)

#: How often playbooks look for dates that fall due and for customers who begin to match.
LOOK_EVERY: Final = EveryInterval(Length(15, Unit.MINUTE))

_DAY = timedelta(days=1)
_WORKDAYS = 5
_LONGEST_MONTH = 31


def latest_tick(schedule: Schedule, now: datetime, zone: ZoneInfo) -> datetime:
    """Give the last moment, not after now, at which the schedule struck.

    A time that the zone skips strikes at the first instant after the gap; one that it shows twice
    strikes once, the first time (law 7). A month without the day has its last day instead.
    """
    if isinstance(schedule, EveryInterval):
        return _latest_interval(schedule.length, now, zone)
    day = now.astimezone(zone).date() + _DAY
    while True:
        if _strikes_on(schedule, day):
            tick = local_moment(day, schedule.at, zone)
            if tick <= now:
                return tick
        day -= _DAY


def next_tick(schedule: Schedule, now: datetime, zone: ZoneInfo) -> datetime:
    """Give the first moment after now at which the schedule strikes."""
    if isinstance(schedule, EveryInterval):
        return _next_interval(schedule.length, now, zone)
    day = now.astimezone(zone).date() - _DAY
    while True:
        if _strikes_on(schedule, day):
            tick = local_moment(day, schedule.at, zone)
            if tick > now:
                return tick
        day += _DAY


def _strikes_on(schedule: EveryDay | EveryWeekday | EveryWeek | EveryMonth, day: date) -> bool:
    match schedule:
        case EveryDay():
            return True
        case EveryWeekday():
            return day.weekday() < _WORKDAYS
        case EveryWeek(on):
            return day.weekday() == on.number
        case EveryMonth(wanted):
            return day.day == min(wanted, last_day_of(day.year, day.month))
        case _:
            assert_never(schedule)


def _latest_interval(length: Length, now: datetime, zone: ZoneInfo) -> datetime:
    """Intervals are counted from local midnight, so that applying a version does not shift them."""
    midnight = local_moment(now.astimezone(zone).date(), time(), zone)
    step = _elapsed(length)
    return (midnight + (now - midnight) // step * step).astimezone(UTC)


def _next_interval(length: Length, now: datetime, zone: ZoneInfo) -> datetime:
    """The last interval of a day ends at midnight, however short that leaves it."""
    midnight = local_moment(now.astimezone(zone).date() + _DAY, time(), zone)
    return min(_latest_interval(length, now, zone) + _elapsed(length), midnight)


def _elapsed(length: Length) -> timedelta:
    if length.unit is Unit.MINUTE:
        return timedelta(minutes=length.amount)
    return timedelta(hours=length.amount)
