"""Everything that is known to have happened with one customer, the latest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.moments import from_micros


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened."""

    at: datetime
    #: One of `_SOURCES`.
    what: str
    #: The key of its row.
    key: int
    told: Mapping[str, Any]


#: What -> the moment, the key, and the columns that tell of it. One customer each.
_SOURCES: Final[Mapping[str, str]] = {
    "event": "SELECT at, id, name, source, CAST(properties AS TEXT) AS json FROM event"
    " WHERE customer_id = :id",
    "consent": "SELECT at, id, channel, topic, allowed, source, wording FROM consent"
    " WHERE customer_id = :id",
    "change": "SELECT at, id, playbook, CAST(was AS TEXT) AS json FROM attribute_change"
    " WHERE customer_id = :id",
    "run": "SELECT started_at AS at, id, playbook, mode FROM run WHERE customer_id = :id",
    "message": "SELECT queued_at AS at, id, channel, template, playbook FROM message"
    " WHERE customer_id = :id",
    "reaction": "SELECT r.at, r.message_id AS id, r.signal, m.template, m.channel FROM report r"
    " JOIN message m ON m.id = r.message_id WHERE m.customer_id = :id AND NOT r.by_machine",
    "task": "SELECT opened_at AS at, id, title, assignee, playbook FROM task"
    " WHERE customer_id = :id",
    "done": "SELECT done_at AS at, id, title, outcome, done_by, note FROM task"
    " WHERE customer_id = :id AND done_at IS NOT NULL",
    "offer": "SELECT at, id, offer, playbook FROM offer WHERE customer_id = :id",
    "ended": "SELECT ended_at AS at, id, playbook, status FROM run"
    " WHERE customer_id = :id AND ended_at IS NOT NULL",
    "name": "SELECT since AS at, customer_id AS id, kind, value FROM identity"
    " WHERE customer_id = :id",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer who entered a playbook."""

    customer: str
    #: IANA name; None where the profile does not say.
    timezone: str | None
    playbook: str
    at: datetime


def latest_entries(cx: Connection, limit: int) -> list[Entry]:
    """Give who entered a playbook last, the latest first."""
    rows = cx.execute(
        text(
            "SELECT c.external_id, c.timezone, r.playbook, r.started_at FROM run r"
            " JOIN customer c ON c.id = r.customer_id WHERE c.erased_at IS NULL"
            " ORDER BY r.id DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [
        Entry(customer, zone, playbook, from_micros(at)) for customer, zone, playbook, at in rows
    ]


def timeline(cx: Connection, customer_id: int, limit: int) -> list[Happened]:
    """Give what happened with a customer, the latest first."""
    found: list[Happened] = []
    for what, select in _SOURCES.items():
        rows = cx.execute(
            text(f"{select} ORDER BY 1 DESC, 2 DESC LIMIT :limit"),
            {"id": customer_id, "limit": limit},
        ).mappings()
        for row in rows:
            told = {str(name): value for name, value in row.items() if name not in ("at", "id")}
            if "json" in told:
                told |= {"values": orjson.loads(told.pop("json"))}
            found.append(Happened(from_micros(row["at"]), what, row["id"], told))
    order = {what: place for place, what in enumerate(_SOURCES)}
    found.sort(key=lambda each: (each.at, order[each.what], each.key), reverse=True)
    return found[:limit]
