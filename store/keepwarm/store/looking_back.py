"""What was known of one customer at a past moment, where it differs from what is known now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.engine.facts import Value
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.past import Was


def undone_until(cx: Connection, customer_id: int, at: datetime) -> Was:
    """Give what was another at a moment than it is now: name -> the value then, None for none."""
    rows = cx.execute(
        text(
            "SELECT was FROM attribute_change WHERE customer_id = :customer AND at > :at"
            " ORDER BY at DESC, id DESC"
        ),
        {"customer": customer_id, "at": to_micros(at)},
    )
    then: dict[str, Value | None] = {}
    for (changed,) in rows:
        then |= from_json(changed)
    return then


def not_yet_told(cx: Connection, customer_id: int, at: datetime) -> set[tuple[str, datetime]]:
    """Give (name, moment) of events that had happened by a moment and were told of only later."""
    rows = cx.execute(
        text(
            "SELECT name, at FROM event WHERE customer_id = :customer AND at <= :at"
            " AND received_at > :at"
        ),
        {"customer": customer_id, "at": to_micros(at)},
    )
    return {(name, from_micros(moment)) for name, moment in rows}


def scored_later(cx: Connection, customer_id: int, at: datetime) -> set[str]:
    """Name the customer's scores that were computed after a moment: what they were is not kept."""
    rows = cx.execute(
        text("SELECT name FROM score WHERE customer_id = :customer AND as_of > :at"),
        {"customer": customer_id, "at": to_micros(at)},
    )
    return set(rows.scalars())
