"""Paces: how fast a provider takes messages, kept for all workers together.

One row a destination (a connector, or one host of it) says from when on the next message may
leave. Whoever claims messages books time on it in the claiming transaction, so that two workers
cannot take the same second.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.moments import from_micros, to_micros

#: The longest that a provider may ask us to wait. What is booked further ahead was booked by a
#: clock that was wrong, and nobody waits for it.
LONGEST: Final = timedelta(hours=1)


def rests_until(cx: Connection, destination: str, now: datetime) -> datetime:
    """Tell from when on a destination may be used: a moment from now on."""
    found = cx.execute(
        text("SELECT free_at FROM pace WHERE connector = :destination"),
        {"destination": destination},
    ).scalar()
    return now if found is None else _believed(from_micros(found), now)


def hold_pace(cx: Connection, destination: str, now: datetime) -> datetime:
    """Give from when on the next message may leave, and keep others from it until this ends."""
    cx.execute(
        text(
            "INSERT INTO pace (connector, free_at) VALUES (:destination, :now)"
            " ON CONFLICT (connector) DO NOTHING"
        ),
        {"destination": destination, "now": to_micros(now)},
    )
    lock = " FOR UPDATE" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    statement = text(f"SELECT free_at FROM pace WHERE connector = :destination{lock}")
    free_at = cx.execute(statement, {"destination": destination}).scalar_one()
    return _believed(from_micros(free_at), now)


def _believed(free_at: datetime, now: datetime) -> datetime:
    return max(now, free_at) if free_at <= now + LONGEST else now


def book(cx: Connection, destination: str, until: datetime) -> None:
    """Let the next message to a destination leave at a moment, or later if that was said before."""
    cx.execute(
        text(
            "INSERT INTO pace (connector, free_at) VALUES (:destination, :until)"
            " ON CONFLICT (connector) DO UPDATE SET free_at = excluded.free_at"
            " WHERE pace.free_at < excluded.free_at OR pace.free_at > :never"
        ),
        {
            "destination": destination,
            "until": to_micros(until),
            "never": to_micros(until + LONGEST),
        },
    )
