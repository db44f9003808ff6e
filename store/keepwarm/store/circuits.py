"""Circuits: destinations that nobody may use, because they refuse our credentials.

A destination is a connector, or one host of it where every host is a receiver of its own. While a
circuit is open messages wait. Now and then one message goes as a trial; if it is taken, or refused
for a reason of its own, the circuit closes by itself.

A refusal that may be about its message alone opens none yet: the message is a suspect, until others
are refused as well or one is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows
from keepwarm.store.driver import run
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import SuspectRow
from keepwarm.store.waiting import end_waits

#: How long after a refusal the next message goes as a trial.
TRIED_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Circuit:
    """Why a destination may not be used, since when, and when the next trial is due."""

    destination: str
    since: datetime
    reason: str
    try_at: datetime


def open_circuits(cx: Connection) -> Mapping[str, Circuit]:
    """Give every open circuit by its destination."""
    found = run(cx, "SELECT connector, since, reason, try_at FROM circuit")
    return {
        destination: Circuit(destination, from_micros(since), reason, from_micros(try_at))
        for destination, since, reason, try_at in found
    }


def open_circuit(cx: Connection, destination: str, reason: str, now: datetime) -> bool:
    """Let nobody use a destination; tell whether that is new. A failed trial puts off the next."""
    values = {
        "destination": destination,
        "now": to_micros(now),
        "reason": reason,
        "try_at": to_micros(now + TRIED_EVERY),
    }
    is_new = cx.execute(
        text(
            "INSERT INTO circuit (connector, since, reason, try_at)"
            " VALUES (:destination, :now, :reason, :try_at) ON CONFLICT (connector) DO NOTHING"
        ),
        values,
    ).rowcount
    if not is_new:
        again = "UPDATE circuit SET reason = :reason, try_at = :try_at"
        cx.execute(text(f"{again} WHERE connector = :destination"), values)
    return is_new > 0


def may_try(cx: Connection, destination: str, now: datetime) -> bool:
    """Take the trial that is due, for this transaction's worker alone; False when none is."""
    taken = cx.execute(
        text("UPDATE circuit SET try_at = :next WHERE connector = :destination AND try_at <= :now"),
        {"destination": destination, "now": to_micros(now), "next": to_micros(now + TRIED_EVERY)},
    )
    return taken.rowcount > 0


def try_at_once(cx: Connection, now: datetime, destination: str | None = None) -> Sequence[str]:
    """Make the next trial of a destination due now, or of all; give those that were stopped.

    A connector's name stands for all its hosts.
    """
    only = (
        ""
        if destination is None
        else " WHERE connector = :destination"
        " OR substr(connector, 1, length(:destination) + 1) = :destination || ':'"
    )
    values = {"now": to_micros(now)} | ({} if destination is None else {"destination": destination})
    sql = f"UPDATE circuit SET try_at = :now{only} RETURNING connector"
    stopped = sorted(cx.execute(text(sql), values).scalars())
    end_waits(cx, stopped, now)
    return stopped


def close_circuit(cx: Connection, destination: str, now: datetime) -> bool:
    """Let a destination be used again, and what waits for it go; tell whether it was stopped."""
    sql = "DELETE FROM circuit WHERE connector = :destination"
    was_stopped = cx.execute(text(sql), {"destination": destination}).rowcount > 0
    if was_stopped:
        end_waits(cx, [destination], now)
    return was_stopped


# ── Suspects ─────────────────────────────────────────────────────────────────────────────────


def suspects(cx: Connection, destination: str) -> frozenset[int]:
    """Give the messages that were refused for themselves or for us all, with none taken since."""
    sql = "SELECT message_id FROM suspect WHERE connector = :destination"
    return frozenset(cx.execute(text(sql), {"destination": destination}).scalars())


def suspect(cx: Connection, destination: str, message_ids: Iterable[int]) -> None:
    """Keep that these messages were refused so."""
    rows = [(destination, each) for each in message_ids]
    insert_rows(cx, SuspectRow, ("connector", "message_id"), rows, on_conflict="skip")


def suspect_nobody(cx: Connection, destination: str) -> None:
    """Forget who was refused: others were taken, or it is known by now that all are meant."""
    sql = "DELETE FROM suspect WHERE connector = :destination"
    cx.execute(text(sql), {"destination": destination})
