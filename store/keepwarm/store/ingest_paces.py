"""How fast senders post, one row each, for all processes of the web together.

The row says when all that was taken is paid for at the sender's rate. What a sender did not use is
saved up for a while; beyond that, more is taken only once the row's moment has come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.moments import from_micros, to_micros


def book_items(
    cx: Connection, sender: str, takes: timedelta, saved_up: timedelta, now: datetime
) -> datetime:
    """Book what takes so long at the sender's rate, and give `now`; or give when to come again.

    A booking is taken whole as soon as anything is left: what it takes too much, the next one
    waits for.
    """
    earliest = now - saved_up
    cx.execute(
        text(
            "INSERT INTO ingest_pace (sender, free_at) VALUES (:sender, :earliest)"
            " ON CONFLICT (sender) DO NOTHING"
        ),
        {"sender": sender, "earliest": to_micros(earliest)},
    )
    lock = " FOR UPDATE" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    statement = text(f"SELECT free_at FROM ingest_pace WHERE sender = :sender{lock}")
    free_at = from_micros(cx.execute(statement, {"sender": sender}).scalar_one())
    if free_at > now:
        return free_at
    cx.execute(
        text("UPDATE ingest_pace SET free_at = :free_at WHERE sender = :sender"),
        {"sender": sender, "free_at": to_micros(max(free_at, earliest) + takes)},
    )
    return now
