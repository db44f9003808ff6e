"""Customers who should confirm a consent: when they were asked, and at which address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import from_micros, to_micros

#: The event that asks a customer to confirm; playbooks send the message.
CONFIRMATION_WANTED: Final = "confirmation_wanted"


def asked_since(
    cx: Connection, customer_ids: Sequence[int], since: datetime
) -> dict[tuple[int, str], list[datetime]]:
    """Give (customer, channel) -> when they were asked to confirm it, since a moment."""
    found = cx.execute(
        text(
            "SELECT customer_id, CAST(properties AS TEXT), at FROM event"
            f" WHERE customer_id {in_ids(cx)} AND name = :name AND at >= :since ORDER BY at"
        ).bindparams(id_list(cx, customer_ids)),
        {"name": CONFIRMATION_WANTED, "since": to_micros(since)},
    )
    asked: dict[tuple[int, str], list[datetime]] = {}
    for customer_id, properties, at in found:
        channel = orjson.loads(properties).get("channel", "")
        asked.setdefault((customer_id, channel), []).append(from_micros(at))
    return asked


def has_changed_since(cx: Connection, customer_id: int, name: str, moment: datetime) -> bool:
    """Tell whether an attribute of a customer was another one at a moment."""
    found = cx.execute(
        text(
            "SELECT CAST(was AS TEXT) FROM attribute_change"
            " WHERE customer_id = :id AND at >= :since"
        ),
        {"id": customer_id, "since": to_micros(moment)},
    )
    return any(name in orjson.loads(was) for (was,) in found)
