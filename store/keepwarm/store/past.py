"""The past of attributes: what was known before each change, so that any moment can be read again.

Written wherever attributes change, in the transaction that changes them. What is learned while a
customer is being made belongs to its making, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, text

from keepwarm.engine.facts import Value
from keepwarm.store.bulk import insert_rows
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import AttributeChangeRow

#: Name -> the value before; None where none was known.
Was: TypeAlias = Mapping[str, Value | None]

_COLUMNS: Final = ("customer_id", "at", "playbook", "was")


def keep_past(
    cx: Connection, past: Iterable[tuple[int, Was]], now: datetime, playbook: str = ""
) -> None:
    """Keep what was known of customers until now: (key, the values that change now).

    `playbook` names the playbook whose step changes them.
    """
    insert_rows(
        cx, AttributeChangeRow, _COLUMNS, ((key, now, playbook, was) for key, was in past if was)
    )


def was(known: Mapping[str, Any], told: Mapping[str, Value | None]) -> Was:
    """Give what is another than what is told: the values that are known now."""
    return {
        name: known.get(name)
        for name, value in told.items()
        if type(known.get(name)) is not type(value) or known.get(name) != value
    }


def made_before(cx: Connection, ids: Sequence[int], now: datetime) -> list[int]:
    """Give those of the customers who were not made just now."""
    found = cx.execute(
        text(
            f"SELECT id FROM customer WHERE id {in_ids(cx)} AND created_at < :now ORDER BY id"
        ).bindparams(id_list(cx, ids)),
        {"now": to_micros(now)},
    )
    return list(found.scalars())
