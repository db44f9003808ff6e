"""Time as customers live it: calendar waits, quiet hours, working hours, calendar days.

Every function is given its moment; moments are aware UTC, and so are answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from keepwarm.schema.phrases import Length, Unit

if TYPE_CHECKING:
    from keepwarm.schema.catalog import Team
    from keepwarm.schema.phrases import Window

_DAY = timedelta(days=1)
_WEEK = 7
#: How far ahead an open hour is looked for before it counts as never.
_SEARCH_STEPS = 400
_LAST_MONTH = 12


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Give the IANA zone; raises `zoneinfo.ZoneInfoNotFoundError` when there is none."""
    return ZoneInfo(name)


def local_moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Give the instant at which clocks in the zone show this time on this day (law 7).

    A time that the zone skips becomes the first instant after the gap; one that it shows twice
    means the first.
    """
    naive = datetime.combine(day, clock)
    first = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == naive:
        return first
    # In a gap the two meanings lie on either side of it.
    return _change_of_clocks(naive.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _change_of_clocks(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant between two others at which the zone's clocks were changed."""
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def after(moment: datetime, length: Length, zone: ZoneInfo) -> datetime:
    """Give the moment that lies this long after another.

    Minutes and hours elapse. Days, weeks, months and years keep the clock time in the zone; a day
    that a month does not have becomes its last. Working time needs a team: `due_for`.
    """
    return _shifted(moment, length, zone, sign=1)


def before(moment: datetime, length: Length, zone: ZoneInfo) -> datetime:
    """Give the moment that lies this long before another, by the rules of `after`."""
    return _shifted(moment, length, zone, sign=-1)


def _shifted(moment: datetime, length: Length, zone: ZoneInfo, *, sign: int) -> datetime:
    amount = length.amount * sign
    match length.unit:
        case Unit.MINUTE:
            return moment + timedelta(minutes=amount)
        case Unit.HOUR | Unit.WORKING_HOUR:
            return moment + timedelta(hours=amount)
        case Unit.DAY | Unit.WEEK | Unit.MONTH | Unit.YEAR | Unit.WORKING_DAY:
            local = moment.astimezone(zone)
            if length.unit is Unit.DAY or length.unit is Unit.WEEK:
                # Where clocks are not changed between, which is nearly always, days just elapse.
                days = amount * _WEEK if length.unit is Unit.WEEK else amount
                shifted = moment + timedelta(days=days)
                there = shifted.astimezone(zone)
                if there.utcoffset() == local.utcoffset() and not (there.fold or local.fold):
                    return shifted
            return local_moment(shifted_day(local.date(), length, sign=sign), _clock(local), zone)
        case _:
            assert_never(length.unit)


def _clock(local: datetime) -> time:
    return local.time().replace(fold=0)


def shifted_day(day: date, length: Length, *, sign: int = 1) -> date:
    """Give the day that lies so many days, weeks, months or years away.

    31 January and one month is the last day of February; working days count as days here.

    Raises:
        ValueError: the length is in minutes or hours.
    """
    amount = length.amount * sign
    match length.unit:
        case Unit.DAY | Unit.WORKING_DAY:
            return day + timedelta(days=amount)
        case Unit.WEEK:
            return day + timedelta(weeks=amount)
        case Unit.MONTH:
            return _months_away(day, amount)
        case Unit.YEAR:
            return _months_away(day, amount * _LAST_MONTH)
        case Unit.MINUTE | Unit.HOUR | Unit.WORKING_HOUR:
            msg = f"{length} is not a number of days"
            raise ValueError(msg)
        case _:
            assert_never(length.unit)


def _months_away(day: date, months: int) -> date:
    count = day.year * _LAST_MONTH + day.month - 1 + months
    year, month = divmod(count, _LAST_MONTH)
    return date(year, month + 1, min(day.day, last_day_of(year, month + 1)))


def last_day_of(year: int, month: int) -> int:
    """Give the number of days of a month."""
    following = date(year + month // _LAST_MONTH, month % _LAST_MONTH + 1, 1)
    return (following - _DAY).day


def next_time(moment: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """Give the next instant, not before the moment, at which clocks in the zone show this time."""
    day = moment.astimezone(zone).date()
    for ahead in range(-1, 3):
        candidate = local_moment(day + ahead * _DAY, clock, zone)
        if candidate >= moment:
            return candidate
    msg = f"no {clock} within two days of {moment} in {zone}"
    raise AssertionError(msg)


def next_weekday(moment: datetime, weekday: int, clock: time, zone: ZoneInfo) -> datetime:
    """Give the next instant, not before the moment, at this time on this weekday (Monday is 0)."""
    day = moment.astimezone(zone).date()
    for ahead in range(-1, 9):
        candidate_day = day + ahead * _DAY
        if candidate_day.weekday() == weekday:
            candidate = local_moment(candidate_day, clock, zone)
            if candidate >= moment:
                return candidate
    msg = f"no weekday {weekday} within nine days of {moment} in {zone}"
    raise AssertionError(msg)


# ── Quiet hours ──────────────────────────────────────────────────────────────────────────────


def is_quiet(moment: datetime, quiet: Window, zone: ZoneInfo) -> bool:
    """Tell whether the moment lies in the quiet hours, which may cross midnight (law 8).

    The start belongs to the quiet hours, the end does not.
    """
    clock = moment.astimezone(zone).time()
    if quiet.start <= quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def next_open(moment: datetime, quiet: Window, zones: Iterable[ZoneInfo]) -> datetime | None:
    """Give the first instant, not before the moment, outside the quiet hours in all zones (law 9).

    None when no hour suits all of them within the next weeks.
    """
    candidates = tuple(zones)
    for _ in range(_SEARCH_STEPS):
        closed = next((zone for zone in candidates if is_quiet(moment, quiet, zone)), None)
        if closed is None:
            return moment
        moment = _end_of_quiet(moment, quiet, closed)
    return None


def _end_of_quiet(moment: datetime, quiet: Window, zone: ZoneInfo) -> datetime:
    """Give the next instant at which quiet hours may be over: their end, or a change of clocks.

    Where clocks fall back over the end of the quiet hours, the end comes twice.
    """
    day = moment.astimezone(zone).date()
    ends = (
        end
        for ahead in range(3)
        for end in _both_moments(day + ahead * _DAY, quiet.end, zone)
        if end > moment
    )
    end = min(ends)
    if end.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
        return end
    return _change_of_clocks(moment, end, zone)


def _both_moments(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give when clocks show this time first, and when they show it again: mostly the same."""
    first = local_moment(day, clock, zone)
    again = datetime.combine(day, clock, zone).replace(fold=1).astimezone(UTC)
    return first, max(first, again)


# ── Calendar days, for caps ──────────────────────────────────────────────────────────────────


def start_of_days(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Give the start of the calendar day that is the first of so many, today being the last."""
    day = moment.astimezone(zone).date() - (days - 1) * _DAY
    return local_moment(day, time(), zone)


# ── Working time ─────────────────────────────────────────────────────────────────────────────


def team_of(teams: Mapping[str, Team], assignee: str) -> Team | None:
    """Give the team whose hours count for an assignee: a team, or the first that has the person."""
    own = (team for team in teams.values() if assignee in team.members)
    return teams.get(assignee) or next(own, None)


def due_for(team: Team | None, moment: datetime, length: Length, zone: ZoneInfo) -> datetime:
    """Give when work that begins at the moment is due.

    Working hours and days pass only while the team works; a person without a team works always.
    A working day later is the same clock time on a later working day, or that day's end if the
    team has left by then.
    """
    if team is None or length.unit not in (Unit.WORKING_HOUR, Unit.WORKING_DAY):
        return after(moment, length, zone)
    if length.unit is Unit.WORKING_HOUR:
        return _working_hours_after(team, moment, timedelta(hours=length.amount))
    return _working_days_after(team, moment, length.amount)


def _working_hours_after(team: Team, moment: datetime, left: timedelta) -> datetime:
    zone = zone_named(team.timezone)
    day = moment.astimezone(zone).date() - _DAY  # last night's shift may still be on
    while True:
        if works_on(team, day):
            opens, closes = _hours_of(team, day, zone)
            begins = max(opens, moment)
            if begins < closes:
                if left <= closes - begins:
                    return begins + left
                left -= closes - begins
        day += _DAY


def _working_days_after(team: Team, moment: datetime, days: int) -> datetime:
    zone = zone_named(team.timezone)
    local = moment.astimezone(zone)
    window = team.works.window
    # What follows midnight belongs to the shift of the day before.
    into_next_day = (window.crosses_midnight and local.time() < window.end) * _DAY
    day = local.date() - into_next_day
    while days:
        day += _DAY
        days -= works_on(team, day)
    opens, closes = _hours_of(team, day, zone)
    return min(max(local_moment(day + into_next_day, _clock(local), zone), opens), closes)


def works_on(team: Team, day: date) -> bool:
    """Tell whether the team works on this day."""
    return any(day.weekday() == works.number for works in team.works.days) and (
        day not in team.holidays
    )


def _hours_of(team: Team, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    window = team.works.window
    last = day + _DAY if window.crosses_midnight else day
    return local_moment(day, window.start, zone), local_moment(last, window.end, zone)
