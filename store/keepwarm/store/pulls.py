"""How far each stream of a provider that we ask has come, and whose turn it is to ask.

The place is kept in the transaction that keeps what was told, so that whoever comes after a crash
goes on exactly there. Windows overlap, since providers find what was modified only a while later;
what comes twice by that is known by its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros

#: How long a worker may take over what it has taken.
LEASE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stream stands, held by this worker."""

    source: str
    stream: str
    #: Up to when everything was told; None before the first window ended.
    since: datetime | None
    #: The end of the window that is being walked, and the identifier behind which to go on.
    until: datetime
    after: str
    #: When the stream was first asked for: what was modified before is no news.
    begun_at: datetime
    tries: int
    fence: int


def put_streams(cx: Connection, source: str, streams: Sequence[str], now: datetime) -> None:
    """Have streams asked for that were not yet."""
    for stream in sorted(streams):
        cx.execute(
            text(
                'INSERT INTO pull (source, stream, begun_at, next_at, "after", tries, fence)'
                " VALUES (:source, :stream, :now, :now, '', 0, 0) ON CONFLICT DO NOTHING"
            ),
            {"source": source, "stream": stream, "now": to_micros(now)},
        )


def take_place(cx: Connection, source: str, stream: str, now: datetime) -> Place | None:
    """Take a stream whose turn it is, and keep other workers from it; None when it is not."""
    row = cx.execute(
        text(
            "UPDATE pull SET held_until = :lease_end, fence = fence + 1, tries = tries + 1,"
            ' until = coalesce(until, :now) WHERE source = :source AND stream = :stream'
            " AND next_at <= :now AND coalesce(held_until, 0) <= :now"
            ' RETURNING since, until, "after", begun_at, tries, fence'
        ),
        {"source": source, "stream": stream, "now": to_micros(now),
         "lease_end": to_micros(now + LEASE)},
    ).first()  # fmt: skip
    if row is None:
        return None
    since, until, after, begun, tries, fence = row
    return Place(
        source, stream, from_micros_or_none(since), from_micros(until), after,
        from_micros(begun), tries, fence,
    )  # fmt: skip


def is_any_due(cx: Connection, source: str, now: datetime) -> bool:
    """Tell whether it is the turn of a stream of this provider."""
    statement = text(
        "SELECT 1 FROM pull WHERE source = :source AND next_at <= :now"
        " AND coalesce(held_until, 0) <= :now LIMIT 1"
    )
    return cx.execute(statement, {"source": source, "now": to_micros(now)}).first() is not None


def go_on_behind(cx: Connection, place: Place, after: str, now: datetime) -> bool:
    """Note that a page was told; False when another worker took the stream over meanwhile."""
    return _change(
        cx, place, '"after" = :after, tries = 0, problem = NULL, held_until = :lease_end',
        after=after, lease_end=to_micros(now + LEASE),
    )  # fmt: skip


def end_window(cx: Connection, place: Place, next_at: datetime) -> bool:
    """Note that all of a window was told, and when to ask again; False when it was taken over."""
    return _change(
        cx, place, "since = until, until = NULL, \"after\" = '', tries = 0, problem = NULL,"
        " held_until = NULL, next_at = :next_at", next_at=to_micros(next_at),
    )  # fmt: skip


def ask_later(cx: Connection, place: Place, at: datetime, problem: str | None) -> bool:
    """Let a stream rest until a moment, and go on then where it stands."""
    return _change(
        cx, place, "held_until = NULL, next_at = :at, problem = :problem",
        at=to_micros(at), problem=problem,
    )  # fmt: skip


def _change(cx: Connection, place: Place, sets: str, **values: str | int | None) -> bool:
    statement = text(
        f"UPDATE pull SET {sets} WHERE source = :source AND stream = :stream AND fence = :fence"
    )
    named = {"source": place.source, "stream": place.stream, "fence": place.fence}
    return cx.execute(statement, named | values).rowcount == 1


def is_any_known(cx: Connection, source: str) -> bool:
    """Tell whether a provider was ever asked."""
    statement = text("SELECT 1 FROM pull WHERE source = :source LIMIT 1")
    return cx.execute(statement, {"source": source}).first() is not None
