"""Moments as people say them, on pages and in the terminal alike."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from keepwarm.engine.timing import local_moment, zone_named

#: Beyond these nothing was lived, and calendars end.
_YEARS_LIVED: Final = range(1900, 3000)


def said(at: datetime, zone: str | None) -> str:
    """Give a moment as people say it: `21 Nov 2026, 09:30 CET`; in UTC where no zone is known."""
    local = at.astimezone(zone_named(zone or "UTC"))
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


class NoMomentError(ValueError):
    """What was said is no moment of the past; says how one is written."""


def moment_meant(words: str, zone: str, now: datetime) -> datetime:
    """Read a moment of the past, in the zone where it names none; a day alone means its end.

    Raises:
        NoMomentError: it cannot be read, or lies ahead.
    """
    try:
        meant = _read(words.strip(), zone)
    except ValueError:
        raise NoMomentError(
            f'"{words}" is no moment. Write 2026-11-02, "2026-11-02 10:00" or 2026-11-02T09:00Z.'
        ) from None
    if meant > now:
        raise NoMomentError(
            f"{said(meant, zone)} lies ahead; what will be is not known. It is {said(now, zone)}."
        )
    return meant


def _read(words: str, zone: str) -> datetime:
    where = zone_named(zone)
    if len(words) == len("2026-11-02"):
        day = day_of(words) + timedelta(days=1)
        return local_moment(day, time(), where) - timedelta(microseconds=1)
    moment = datetime.fromisoformat(words)
    _refuse_far_off(moment)
    if moment.tzinfo is not None:
        return moment
    return local_moment(moment.date(), moment.time(), where)


def day_of(words: str) -> date:
    """Read a day of the calendar, as 2026-11-02. Raises ValueError."""
    day = date.fromisoformat(words)
    _refuse_far_off(day)
    return day


def _refuse_far_off(day: date) -> None:
    if day.year not in _YEARS_LIVED:
        raise ValueError("too far from now to be meant")
