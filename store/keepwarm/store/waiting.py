"""Chunks that wait for a destination: one that is stopped, or that asked for a rest.

Such a chunk says for which, and keeps its messages. So a provider may be away for days while a
million messages wait for it: all their chunks are put off by one write, and none of them is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.claims import Claim
from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import to_micros

#: A chunk that a worker has is the worker's; one that is not due any more is done.
_WAITS: Final = "waits_for = :destination AND worker IS NULL"


def wait_for(cx: Connection, claim: Claim, destination: str, until: datetime) -> None:
    """Give a claimed chunk back as it is, to be looked at again when its destination is."""
    sql = (
        "UPDATE chunk SET due_at = :until, worker = NULL, waits_for = :destination"
        " WHERE id = :chunk AND fence = :fence"
    )
    values = {"chunk": claim.chunk, "fence": claim.fence, "destination": destination}
    cx.execute(text(sql), {**values, "until": to_micros(until)})


def wait_on(cx: Connection, claim: Claim, destination: str, until: datetime, now: datetime) -> None:
    """Give a claimed chunk back that waited already, and put off the others that wait with it."""
    wait_for(cx, claim, destination, until)
    # Several workers may put off the same chunks: none waits for another, or they might for ever.
    chunks = f"SELECT id FROM chunk WHERE {_WAITS} AND due_at <= :now{skip_locked(cx)}"
    sql = f"UPDATE chunk SET due_at = :until WHERE id IN ({chunks})"
    values = {"destination": destination, "until": to_micros(until), "now": to_micros(now)}
    cx.execute(text(sql), values)


def stop_waiting(cx: Connection, claim: Claim) -> None:
    """Let a claimed chunk be as any other, since its destination may be used."""
    sql = "UPDATE chunk SET waits_for = NULL WHERE id = :chunk AND fence = :fence"
    cx.execute(text(sql), {"chunk": claim.chunk, "fence": claim.fence})


def end_waits(cx: Connection, destinations: Iterable[str], now: datetime) -> None:
    """Make due now what waits for these destinations.

    A chunk that another transaction has at the moment is due at the next trial at the latest.
    """
    for destination in destinations:
        chunks = f"SELECT id FROM chunk WHERE {_WAITS} AND due_at > :now{skip_locked(cx)}"
        sql = f"UPDATE chunk SET due_at = :now WHERE id IN ({chunks})"
        cx.execute(text(sql), {"destination": destination, "now": to_micros(now)})
