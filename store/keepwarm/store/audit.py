"""What people and the system did to how things run. Holds identifiers, never a personal word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows
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


def read_audit(cx: Connection, limit: int = 100) -> list[Noted]:
    """Give what was done, the latest first."""
    statement = text("SELECT at, who, what, detail FROM audit ORDER BY id DESC LIMIT :limit")
    return [
        Noted(
            from_micros(at), who, what, orjson.loads(detail) if isinstance(detail, str) else detail
        )
        for at, who, what, detail in cx.execute(statement, {"limit": limit})
    ]
