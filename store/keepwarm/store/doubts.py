"""Messages whose outcome is unknown, until it is known or left to a person (law 17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.engine.message import Content
from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.bulk import insert_rows
from keepwarm.store.driver import first_number
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros
from keepwarm.store.tables import DoubtRow

#: How soon a doubt is looked at first: providers that drop repeated calls ask for as long a wait.
FIRST_LOOK: Final = timedelta(minutes=2)
#: How long whoever took a doubt may take for it before another worker may.
LEASE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message of which nobody knows whether its provider took it."""

    message_id: int
    attempt: int
    #: Since when nobody knows.
    since: datetime
    #: How often it was looked at before.
    looks: int
    #: The attempt that the message is at by now, and the highest that is known of this one.
    present_attempt: int
    status: MessageStatus
    run_id: int
    customer_id: int
    version_id: int
    channel: str
    kind: str
    topic: str | None
    #: Where it went, and to whom; None once the customer was erased.
    address: str | None
    customer: str
    #: When its request left; None where that was not recorded.
    left_at: datetime | None
    content: Content | None
    values: tuple[str, ...]
    #: Whether the receiver may get it twice rather than never.
    at_least_once: bool


def begin_doubts(cx: Connection, attempts: Iterable[tuple[int, int]], now: datetime) -> None:
    """Remember (message, attempt) pairs whose outcome is unknown, to be looked at soon."""
    since, due_at = to_micros(now), to_micros(now + FIRST_LOOK)
    insert_rows(
        cx,
        DoubtRow,
        ("message_id", "attempt", "playbook", "since", "due_at", "looks"),
        (
            (message_id, attempt, playbook, since, due_at, 0)
            for message_id, attempt, playbook in _with_playbooks(cx, sorted(attempts))
        ),
        on_conflict="skip",
        is_encoded=True,
    )


def _with_playbooks(
    cx: Connection, attempts: Sequence[tuple[int, int]]
) -> list[tuple[int, int, str]]:
    found = cx.execute(
        text(f"SELECT id, playbook FROM message WHERE id {in_ids(cx)}").bindparams(
            id_list(cx, [message_id for message_id, _ in attempts])
        )
    )
    playbooks: dict[int, str] = dict(found.all())
    return [(key, attempt, playbooks[key]) for key, attempt in attempts if key in playbooks]


def next_doubt_due(cx: Connection, playbook: str) -> datetime | None:
    """Tell when a doubt of the playbook is to be looked at next; None when none is."""
    sql = "SELECT min(due_at) FROM doubt WHERE playbook = :playbook AND due_at IS NOT NULL"
    found = first_number(cx, sql, playbook=playbook)
    return from_micros_or_none(found)


def take_doubts(cx: Connection, playbook: str, now: datetime, limit: int) -> list[Doubt]:
    """Take doubts that are due, and keep other workers from them for the lease."""
    taken = cx.execute(
        text(
            "UPDATE doubt SET due_at = :lease_end, looks = looks + 1"
            " WHERE (message_id, attempt) IN (SELECT message_id, attempt FROM doubt"
            " WHERE playbook = :playbook AND due_at <= :now"
            f" ORDER BY due_at, message_id LIMIT :limit{skip_locked(cx)})"
            " RETURNING message_id, attempt, since, looks - 1"
        ),
        {
            "playbook": playbook,
            "now": to_micros(now),
            "lease_end": to_micros(now + LEASE),
            "limit": limit,
        },
    ).all()
    if not taken:
        return []
    ids = [row[0] for row in taken]
    known, rows = highest_statuses(cx, ids), _messages(cx, ids)
    return [
        _doubt(tuple(row), rows[row[0], row[1]], known.get((row[0], row[1])))
        for row in sorted(taken)
        if (row[0], row[1]) in rows
    ]


def _messages(cx: Connection, ids: Sequence[int]) -> dict[tuple[int, int], Sequence[Any]]:
    """Give what a look needs, by message and the attempt in doubt."""
    found = cx.execute(
        text(
            "SELECT d.message_id, d.attempt, m.attempt, m.run_id, m.customer_id, m.version_id,"
            " m.channel, m.kind, m.topic, m.address, c.external_id, c.email, c.phone,"
            " c.erased_at, o.at, o.personal, k.body, m.words"
            " FROM doubt d JOIN message m ON m.id = d.message_id"
            " JOIN customer c ON c.id = m.customer_id"
            " LEFT JOIN outcome o ON o.message_id = d.message_id AND o.attempt = d.attempt"
            " AND o.status = 'sending' LEFT JOIN content k ON k.key = o.content_key"
            f" WHERE d.message_id {in_ids(cx)}"
        ).bindparams(id_list(cx, ids))
    )
    return {(row[0], row[1]): tuple(row[2:]) for row in found}


def highest_statuses(cx: Connection, ids: Sequence[int]) -> dict[tuple[int, int], MessageStatus]:
    """Give (message, attempt) -> the highest status of what is known of it."""
    found = cx.execute(
        text(
            f"SELECT message_id, attempt, status FROM outcome WHERE message_id {in_ids(cx)}"
        ).bindparams(id_list(cx, ids))
    )
    known: dict[tuple[int, int], MessageStatus] = {}
    for message_id, attempt, word in found:
        status = MessageStatus(word)
        before = known.get((message_id, attempt))
        if before is None or status.rank > before.rank:
            known[message_id, attempt] = status
    return known


def _doubt(taken: tuple[Any, ...], row: Sequence[Any], status: MessageStatus | None) -> Doubt:
    message_id, attempt, since, looks = taken
    (present, run_id, customer_id, version_id, channel, kind, topic, address, customer, email,
     phone, erased_at, left_at, personal, body, words) = row  # fmt: skip
    own = {"email": email, "sms": phone, "push": customer}.get(channel)
    return Doubt(
        message_id=message_id,
        attempt=attempt,
        since=from_micros(since),
        looks=looks,
        present_attempt=present,
        status=status or MessageStatus.UNKNOWN,
        run_id=run_id,
        customer_id=customer_id,
        version_id=version_id,
        channel=channel,
        kind=kind,
        topic=topic,
        address=None if erased_at is not None else address or own,
        customer=customer,
        left_at=from_micros_or_none(left_at),
        content=None if body is None else Content.from_json(body),
        values=tuple(from_json(personal) or ()),
        at_least_once=bool((from_json(words) or {}).get("at_least_once")),
    )


# ── What becomes of a doubt ──────────────────────────────────────────────────────────────────


def end_doubt(cx: Connection, doubt: Doubt) -> None:
    """Forget a doubt: the outcome is known, or another attempt takes its place."""
    cx.execute(
        text("DELETE FROM doubt WHERE message_id = :message_id AND attempt = :attempt"),
        {"message_id": doubt.message_id, "attempt": doubt.attempt},
    )


def look_again(cx: Connection, doubt: Doubt, at: datetime | None) -> None:
    """Look at a doubt again at a moment; None leaves it to a person."""
    cx.execute(
        text("UPDATE doubt SET due_at = :at WHERE message_id = :message_id AND attempt = :attempt"),
        {
            "at": None if at is None else to_micros(at),
            "message_id": doubt.message_id,
            "attempt": doubt.attempt,
        },
    )


def is_anothers(cx: Connection, doubt: Doubt, provider_id: str) -> bool:
    """Tell whether the provider's name for a message is known for another one to the customer."""
    found = cx.execute(
        text(
            "SELECT 1 FROM message m JOIN outcome o ON o.message_id = m.id"
            " WHERE m.customer_id = :customer_id AND o.provider_id = :provider_id"
            " AND (o.message_id <> :message_id OR o.attempt <> :attempt) LIMIT 1"
        ),
        {
            "customer_id": doubt.customer_id,
            "provider_id": provider_id,
            "message_id": doubt.message_id,
            "attempt": doubt.attempt,
        },
    )
    return found.first() is not None


def offer_again(
    cx: Connection,
    doubts: Sequence[Doubt],
    playbook: str,
    priority: int,
    now: datetime,
    *,
    new_attempt: bool,
) -> None:
    """Put the messages back to those that wait to be sent, a chunk for each channel.

    Without `new_attempt` the same call is made again, for a provider that drops a repeated one.
    """
    by_channel: dict[str, list[int]] = {}
    for doubt in doubts:
        by_channel.setdefault(doubt.channel, []).append(doubt.message_id)
    again = ", attempt = attempt + 1" if new_attempt else ""
    for channel, ids in by_channel.items():
        chunk = cx.execute(
            text(
                # Its fence is one claim on, so that the next claim looks for what is known.
                "INSERT INTO chunk (playbook, channel, priority, due_at, fence)"
                " VALUES (:playbook, :channel, :priority, :due_at, 1) RETURNING id"
            ),
            {
                "playbook": playbook,
                "channel": channel,
                "priority": priority,
                "due_at": to_micros(now),
            },
        ).scalar_one()
        cx.execute(
            text(f"UPDATE message SET chunk_id = :chunk{again} WHERE id {in_ids(cx)}").bindparams(
                id_list(cx, ids)
            ),
            {"chunk": chunk},
        )
