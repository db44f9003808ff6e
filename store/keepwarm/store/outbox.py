"""Messages as a person looks at them: the latest, and one with its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepwarm.engine.message import Content
from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, from_micros_or_none


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that became of a message."""

    attempt: int
    status: MessageStatus
    at: datetime
    reason: str | None
    connector: str | None
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with where it stands and, if it has been put into words, its words."""

    id: int
    playbook: str
    #: The key of the customer's row, and the customer's own identifier.
    customer_id: int
    customer: str
    #: IANA name; None where the profile does not say.
    timezone: str | None
    channel: str
    template: str | None
    kind: str
    topic: str | None
    queued_at: datetime
    address: str | None
    #: Which attempt it is at; those before it were certainly not taken.
    attempt: int
    #: When it may go next; None when it is done, or a worker has it in hand.
    due_at: datetime | None
    #: Oldest first; empty while it is queued.
    history: tuple[Note, ...]
    content: Content | None
    values: tuple[str, ...]

    @property
    def status(self) -> MessageStatus:
        """Where it stands: the highest of what is known of its present attempt."""
        statuses = (note.status for note in self.history if note.attempt == self.attempt)
        return max(statuses, key=lambda status: status.rank, default=MessageStatus.QUEUED)

    @property
    def is_held(self) -> bool:
        """Whether it waits for quiet hours to end, or for a pause."""
        return self.status is MessageStatus.HELD

    @property
    def awaits_next_attempt(self) -> bool:
        """Whether an attempt was certainly not taken, and another follows."""
        return self.status is MessageStatus.QUEUED and self.attempt > 0

    @property
    def at(self) -> datetime:
        """When it came to where it stands."""
        return next(
            (n.at for n in reversed(self.history) if n.status is self.status), self.queued_at
        )

    def text(self, name: str) -> str:
        """Give one of its texts as the receiver reads it; empty where there is none."""
        wording = self.content.texts.get(name) if self.content else None
        return wording.filled(self.values) if wording else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages to give."""

    playbook: str | None = None
    customer: str | None = None
    channel: str | None = None
    #: Only those with a smaller key: the next page.
    before: int | None = None


def read_outbox(cx: Connection, wanted: Wanted, limit: int) -> list[Shown]:
    """Give the latest messages, the newest first."""
    conditions = {
        "playbook": "m.playbook = :playbook",
        "customer": "c.external_id = :customer",
        "channel": "m.channel = :channel",
        "before": "m.id < :before",
    }
    asked = {
        name: value for name in conditions if (value := getattr(wanted, name)) not in (None, "")
    }
    where = " AND ".join(conditions[name] for name in asked) or "1 = 1"
    return _read(cx, f"{where} ORDER BY m.id DESC LIMIT :limit", asked | {"limit": limit})


def read_message(cx: Connection, message_id: int) -> Shown | None:
    """Give one message; None when there is none of this key."""
    found = _read(cx, "m.id = :id", {"id": message_id})
    return found[0] if found else None


def _read(cx: Connection, which: str, values: Mapping[str, Any]) -> list[Shown]:
    rows = cx.execute(
        text(
            "SELECT m.id, m.playbook, c.id, c.external_id, c.timezone, m.channel, m.template,"
            " m.kind, m.topic, m.queued_at, m.address, m.attempt, c.email, c.phone, k.due_at"
            " FROM message m JOIN customer c ON c.id = m.customer_id"
            f" LEFT JOIN chunk k ON k.id = m.chunk_id AND k.worker IS NULL WHERE {which}",
        ),
        values,
    ).all()
    outcomes = _outcomes(cx, [row[0] for row in rows])
    contents = _contents(cx, {o[6] for each in outcomes.values() for o in each if o[6]})
    return [_shown(row, outcomes.get(row[0], ()), contents) for row in rows]


def _outcomes(cx: Connection, ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    if ids:
        rows = cx.execute(
            text(
                "SELECT message_id, attempt, status, at, reason, connector, content_key,"
                f" provider_id, personal FROM outcome WHERE message_id {in_ids(cx)}"
                " ORDER BY message_id, at, attempt",
            ).bindparams(id_list(cx, ids)),
        )
        for row in rows:
            found.setdefault(row[0], []).append(row)
    return found


def _contents(cx: Connection, keys: set[str]) -> dict[str, Content]:
    if not keys:
        return {}
    names = {f"k{number}": key for number, key in enumerate(sorted(keys))}
    marks = ", ".join(f":{name}" for name in names)
    rows = cx.execute(text(f"SELECT key, body FROM content WHERE key IN ({marks})"), names)
    return {key: Content.from_json(body) for key, body in rows}


def _shown(row: Any, outcomes: Sequence[Any], contents: Mapping[str, Content]) -> Shown:  # noqa: ANN401 - a row
    (key, playbook, customer_id, customer, timezone, channel, template, kind, topic, queued,
     address, attempt, email, phone, due_at) = row  # fmt: skip
    worded = next((o for o in reversed(outcomes) if o[6]), None)
    values = () if worded is None else tuple(from_json(worded[8]) or ())
    return Shown(
        id=key,
        playbook=playbook,
        customer_id=customer_id,
        customer=customer,
        timezone=timezone,
        channel=channel,
        template=template,
        kind=kind,
        topic=topic,
        queued_at=from_micros(queued),
        address=address or {"email": email, "sms": phone}.get(channel),
        attempt=attempt,
        due_at=from_micros_or_none(due_at),
        history=tuple(
            Note(o[1], MessageStatus(o[2]), from_micros(o[3]), o[4], o[5], o[7]) for o in outcomes
        ),
        content=None if worded is None else contents.get(worded[6]),
        values=values,
    )
