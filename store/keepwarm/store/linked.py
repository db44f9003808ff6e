"""What a link in a message is about: whose message it is, of which playbook, on which topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.moments import from_micros


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


def linked_message(cx: Connection, message_id: int) -> Linked | None:
    """Give what a link in a message is about; None when there is no such message."""
    row = cx.execute(
        text(
            "SELECT c.id, c.external_id, m.id, m.channel, m.topic, m.playbook, m.version_id,"
            " m.words, m.queued_at FROM message m JOIN customer c ON c.id = m.customer_id"
            " WHERE m.id = :id"
        ),
        {"id": message_id},
    ).first()
    if row is None:
        return None
    customer_id, customer, key, channel, topic, playbook, version_id, words, queued_at = row
    read = orjson.loads(words) if isinstance(words, str) else words
    about = (customer_id, customer, key, channel, topic, playbook, version_id)
    return Linked(*about, words=read or {}, queued_at=from_micros(queued_at))


def customer_now(cx: Connection, customer_id: int) -> int | None:
    """Give the key that a customer has by now: another one's after a merge; None when erased."""
    found: int | None = cx.execute(
        text("SELECT coalesce(merged_into, id) FROM customer WHERE id = :id AND erased_at IS NULL"),
        {"id": customer_id},
    ).scalar()
    return found
