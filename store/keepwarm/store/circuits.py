"""Circuits: connectors that nobody may use, because their credentials or configuration failed.

While a circuit is open messages wait. Now and then one message goes as a trial; if its provider
takes it, or refuses it for a reason of its own, the circuit closes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.moments import from_micros, to_micros

#: How long after a refusal the next message goes as a trial.
TRIED_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Circuit:
    """Why a connector may not be used, since when, and when the next trial is due."""

    connector: str
    since: datetime
    reason: str
    try_at: datetime


def open_circuits(cx: Connection) -> Mapping[str, Circuit]:
    """Give every open circuit by its connector's name."""
    found = cx.execute(text("SELECT connector, since, reason, try_at FROM circuit"))
    return {
        connector: Circuit(connector, from_micros(since), reason, from_micros(try_at))
        for connector, since, reason, try_at in found
    }


def open_circuit(cx: Connection, connector: str, reason: str, now: datetime) -> bool:
    """Let nobody use a connector; tell whether that is new. A failed trial puts off the next."""
    values = {
        "connector": connector,
        "now": to_micros(now),
        "reason": reason,
        "try_at": to_micros(now + TRIED_EVERY),
    }
    is_new = cx.execute(
        text(
            "INSERT INTO circuit (connector, since, reason, try_at)"
            " VALUES (:connector, :now, :reason, :try_at) ON CONFLICT (connector) DO NOTHING"
        ),
        values,
    ).rowcount
    if not is_new:
        again = "UPDATE circuit SET reason = :reason, try_at = :try_at WHERE connector = :connector"
        cx.execute(text(again), values)
    return is_new > 0


def may_try(cx: Connection, connector: str, now: datetime) -> bool:
    """Take the trial that is due, for this transaction's worker alone; False when none is."""
    taken = cx.execute(
        text("UPDATE circuit SET try_at = :next WHERE connector = :connector AND try_at <= :now"),
        {"connector": connector, "now": to_micros(now), "next": to_micros(now + TRIED_EVERY)},
    )
    return taken.rowcount > 0


def try_at_once(cx: Connection, now: datetime, connector: str | None = None) -> int:
    """Make the next trial of a connector due now, or of all; give how many were stopped."""
    only = "" if connector is None else " WHERE connector = :connector"
    values = {"now": to_micros(now)} | ({} if connector is None else {"connector": connector})
    return cx.execute(text(f"UPDATE circuit SET try_at = :now{only}"), values).rowcount


def close_circuit(cx: Connection, connector: str) -> bool:
    """Let a connector be used again; tell whether it was stopped."""
    sql = "DELETE FROM circuit WHERE connector = :connector"
    return cx.execute(text(sql), {"connector": connector}).rowcount > 0
