"""What a link in a message is about: whose message it is, of which playbook, on which topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class Linked:
    """A message, as far as a link in it needs to know."""

    #: The key of the customer's row: the kept one's after a merge.
    customer_id: int
    #: The customer's own identifier.
    customer: str
    message_id: int
    channel: str
    topic: str | None
    playbook: str
    version_id: int
    words: Mapping[str, Any]
    queued_at: datetime


#: The source of answers to surveys: what it calls one is the message that asked.
SURVEY: Final = "survey"
_SELECT: Final = (
    "SELECT c.id, c.external_id, m.id, m.channel, m.topic, m.playbook, m.version_id, m.words,"
    " m.queued_at FROM message m JOIN customer c ON c.id = m.customer_id"
)


def linked_message(cx: Connection, message_id: int) -> Linked | None:
    """Give what a link in a message is about; None when there is no such message."""
    row = cx.execute(text(f"{_SELECT} WHERE m.id = :id"), {"id": message_id}).first()
    return None if row is None else _linked(row)


def surveys_by_text(cx: Connection, customer_ids: Sequence[int], since: datetime) -> list[Linked]:
    """Give the surveys that went to these customers as texts and have no answer, latest first."""
    found = cx.execute(
        text(
            f"{_SELECT} WHERE m.customer_id {in_ids(cx)} AND m.channel = 'sms'"
            " AND m.queued_at >= :since AND EXISTS (SELECT 1 FROM outcome o WHERE"
            " o.message_id = m.id AND o.status IN ('sent', 'delivered', 'unknown'))"
            " ORDER BY m.queued_at DESC, m.id DESC"
        ).bindparams(id_list(cx, customer_ids)),
        {"since": to_micros(since)},
    )
    asked = [each for each in map(_linked, found) if isinstance(each.words.get("survey"), str)]
    return [each for each in asked if not _is_answered(cx, each.message_id)]


def _is_answered(cx: Connection, message_id: int) -> bool:
    waits = "SELECT 1 FROM {table} WHERE source = :source AND source_id = :id"
    values = {"source": SURVEY, "id": str(message_id)}
    return any(
        cx.execute(text(waits.format(table=table)), values).first() for table in ("event", "inbox")
    )


def _linked(row: Sequence[Any]) -> Linked:
    customer_id, customer, key, channel, topic, playbook, version_id, words, queued_at = row
    about = (customer_id, customer, key, channel, topic, playbook, version_id)
    return Linked(*about, words=from_json(words) or {}, queued_at=from_micros(queued_at))


def customer_now(cx: Connection, customer_id: int) -> int | None:
    """Give the key that a customer has by now: another one's after a merge; None when erased."""
    found: int | None = cx.execute(
        text("SELECT coalesce(merged_into, id) FROM customer WHERE id = :id AND erased_at IS NULL"),
        {"id": customer_id},
    ).scalar()
    return found
