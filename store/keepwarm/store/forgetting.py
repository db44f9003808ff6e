"""Wishes that providers forget a customer: asked until they are taken, and kept with the answer.

What a provider knows the customer by is kept until then, and no longer; of the wish itself the
customer's key, the provider and its answer stay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.audit import note
from keepwarm.store.bulk import insert_rows
from keepwarm.store.ids import json_parameter
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import ForgettingRow

#: After so long a provider is asked no more, and a person has to.
ASKED_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wish:
    """That one provider forgets one customer."""

    id: int
    provider: str
    customer_id: int
    asked_at: datetime
    tries: int
    #: The company's own identifier, and the addresses.
    customer: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]


def wish_forgotten(
    cx: Connection,
    providers: Collection[str],
    customer_id: int,
    known_by: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep that these providers are to be asked; `known_by` is what they may know a customer by."""
    columns = ("provider", "customer_id", "asked_at", "known_by", "next_at", "tries")
    rows = [(name, customer_id, now, dict(known_by), now, 0) for name in sorted(providers)]
    insert_rows(cx, ForgettingRow, columns, rows)


def take_wishes(cx: Connection, now: datetime, again_at: datetime, most: int = 20) -> list[Wish]:
    """Take the wishes that are due, and put them off until others may take them."""
    found = cx.execute(
        text(
            "UPDATE forgetting SET next_at = :again, tries = tries + 1 WHERE id IN"
            " (SELECT id FROM forgetting WHERE next_at <= :now ORDER BY next_at LIMIT :most)"
            " RETURNING id, provider, customer_id, asked_at, tries, CAST(known_by AS TEXT)"
        ),
        {"again": to_micros(again_at), "now": to_micros(now), "most": most},
    ).all()
    return [
        Wish(key, provider, who, from_micros(asked), tries, *_known(orjson.loads(known)))
        for key, provider, who, asked, tries, known in found
    ]


def _known(known_by: Mapping[str, Any]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return known_by["customer"], tuple(known_by["emails"]), tuple(known_by["phones"])


def is_any_due(cx: Connection, now: datetime) -> bool:
    """Tell whether any wish is due."""
    sql = "SELECT 1 FROM forgetting WHERE next_at <= :now LIMIT 1"
    return cx.execute(text(sql), {"now": to_micros(now)}).first() is not None


def messages_at(cx: Connection, customer_id: int, provider: str) -> Sequence[str]:
    """Give what a provider called the messages that it took for a customer."""
    found = cx.execute(
        text(
            "SELECT DISTINCT o.provider_id FROM outcome o JOIN message m ON m.id = o.message_id"
            " WHERE m.customer_id IN (SELECT id FROM customer WHERE :id IN (id, merged_into))"
            " AND o.connector = :provider AND o.provider_id IS NOT NULL ORDER BY o.provider_id"
        ),
        {"id": customer_id, "provider": provider},
    )
    return list(found.scalars())


def end_wish(cx: Connection, wish: Wish, worker: str, answer: str, now: datetime) -> None:
    """Keep that a provider took a wish, or that it is asked no more; forget what it was told."""
    _end(cx, wish, answer, now)
    detail = {"provider": wish.provider, "customer_id": wish.customer_id, "answer": answer}
    note(cx, worker, "a provider was asked to forget a customer", detail, now)


def _end(cx: Connection, wish: Wish, answer: str, now: datetime) -> None:
    cx.execute(
        text(
            f"UPDATE forgetting SET known_by = {json_parameter(cx, 'nothing')}, next_at = NULL,"
            " ended_at = :now, answer = :answer WHERE id = :id"
        ),
        {"nothing": "{}", "now": to_micros(now), "answer": answer, "id": wish.id},
    )


def ask_again(cx: Connection, wish: Wish, answer: str, at: datetime) -> None:
    """Ask a provider again later."""
    cx.execute(
        text("UPDATE forgetting SET next_at = :at, answer = :answer WHERE id = :id"),
        {"at": to_micros(at), "answer": answer, "id": wish.id},
    )
