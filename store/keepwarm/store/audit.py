"""What people and the system did to how things run. Holds identifiers, never a personal word."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows, text_list
from keepwarm.store.ids import in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros
from keepwarm.store.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that was done."""

    at: datetime
    who: str
    what: str
    detail: Mapping[str, Any]


def note(cx: Connection, who: str, what: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Keep that something was done, in the transaction that does it."""
    insert_rows(cx, AuditRow, ("at", "who", "what", "detail"), [(now, who, what, detail)])


def read_audit(
    cx: Connection,
    limit: int = 100,
    only: Collection[str] | None = None,
    who: str | None = None,
) -> list[Noted]:
    """Give what was done, the latest first; `only` names the deeds to give, such as `released`."""
    some = ["1 = 1"] if only is None else [f"what {in_ids(cx, 'only')}"]
    values: dict[str, object] = {"limit": limit}
    if who is not None:
        some, values = [*some, "who = :who"], values | {"who": who}
    which = " AND ".join(some)
    statement = text(
        f"SELECT at, who, what, detail FROM audit WHERE {which} ORDER BY id DESC LIMIT :limit"
    )
    if only is not None:
        statement = statement.bindparams(text_list(cx, "only", list(only)))
    return [
        Noted(from_micros(at), who, what, from_json(detail))
        for at, who, what, detail in cx.execute(statement, values)
    ]
