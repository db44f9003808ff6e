"""Chunks of messages, claimed by one worker at a time; and what came of their messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, text

from keepwarm.engine.message import Content
from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.bulk import insert_rows, json_text
from keepwarm.store.doubts import begin_doubts
from keepwarm.store.driver import first_number, run
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import from_micros_or_none, to_micros
from keepwarm.store.tables import ContentRow, OutcomeRow

#: How long a worker may take for a chunk before others may take it over.
LEASE = timedelta(minutes=5)

#: Of the chunk of a claim: nobody claimed it after that, and it is not closed.
_STILL_HELD: Final = "id = :chunk AND fence = :fence AND due_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that this worker has, until its lease ends."""

    chunk: int
    playbook: str
    channel: str
    #: Which claim of the chunk this is; a later one makes this one void.
    fence: int
    #: When others may take the chunk over, unless the lease is renewed.
    held_until: datetime
    #: The destination that it waited for until now (`store/waiting.py`).
    waits_for: str | None = None

    @property
    def is_first(self) -> bool:
        """Whether nobody claimed the chunk before, and its messages came from no other."""
        return self.fence == 1


def claim_chunk(
    cx: Connection,
    worker: str,
    now: datetime,
    playbook: str,
    channel: str | None = None,
) -> Claim | None:
    """Claim a playbook's most urgent chunk that is due, or whose worker let its lease run out.

    It may be asked for one of a channel alone.
    """
    only = {} if channel is None else {"channel": channel}
    row = run(
        cx,
        "UPDATE chunk SET due_at = :lease_end, worker = :worker, fence = fence + 1"
        " WHERE id = (SELECT id FROM chunk WHERE due_at <= :now"
        f" AND playbook = :playbook{' AND channel = :channel' if only else ''}"
        f" ORDER BY priority, due_at, id LIMIT 1{skip_locked(cx)})"
        " RETURNING id, playbook, channel, fence, waits_for",
        lease_end=to_micros(now + LEASE),
        worker=worker,
        now=to_micros(now),
        playbook=playbook,
        **only,
    ).fetchone()
    if row is None:
        return None
    chunk, playbook, channel, fence, waits_for = row
    return Claim(chunk, playbook, channel, fence, now + LEASE, waits_for)


def renew_lease(cx: Connection, claim: Claim, now: datetime) -> bool:
    """Keep the chunk for another lease; False when another worker took it over, or it is closed."""
    sql = f"UPDATE chunk SET due_at = :lease_end WHERE {_STILL_HELD}"
    until = to_micros(now + LEASE)
    return run(cx, sql, lease_end=until, chunk=claim.chunk, fence=claim.fence).rowcount == 1


def finish_chunk(cx: Connection, claim: Claim) -> bool:
    """Close the chunk; False when another worker took it over meanwhile, or it is closed."""
    sql = f"UPDATE chunk SET due_at = NULL, worker = NULL WHERE {_STILL_HELD}"
    return run(cx, sql, chunk=claim.chunk, fence=claim.fence).rowcount == 1


def next_chunk_due(cx: Connection, playbook: str) -> datetime | None:
    """Tell when the playbook's next chunk may be claimed; None when there is none."""
    sql = "SELECT min(due_at) FROM chunk WHERE due_at IS NOT NULL AND playbook = :playbook"
    return from_micros_or_none(first_number(cx, sql, playbook=playbook))


# ── Outcomes ─────────────────────────────────────────────────────────────────────────────────


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class OutcomeNote:
    """One thing to append about a message."""

    message_id: int
    attempt: int
    status: MessageStatus
    reason: str | None = None
    connector: str | None = None
    provider_id: str | None = None
    content_key: str | None = None
    #: What filled the gaps of the content.
    personal: tuple[str, ...] | None = None
    raw: str | None = None


def append_outcomes(cx: Connection, notes: Sequence[OutcomeNote], now: datetime) -> None:
    """Append what came of messages; what is known already is left as it is."""
    doubts = [(n.message_id, n.attempt) for n in notes if n.status is MessageStatus.UNKNOWN]
    if doubts:
        begin_doubts(cx, doubts, now)
    if notes:
        rows = [_encoded(note, now) for note in notes]
        insert_rows(cx, OutcomeRow, _OUTCOME, rows, on_conflict="skip", is_encoded=True)


_OUTCOME: Final = (
    "message_id", "attempt", "status", "at", "reason", "connector", "provider_id", "content_key",
    "personal", "raw",
)  # fmt: skip


def _encoded(note: OutcomeNote, now: datetime) -> tuple[Any, ...]:
    return (
        note.message_id,
        note.attempt,
        note.status.value,
        to_micros(now),
        note.reason,
        note.connector,
        note.provider_id,
        note.content_key,
        json_text(note.personal) if note.personal else None,
        note.raw,
    )


#: What of an outcome is the message's own, where a whole chunk was put into words for one
#: connector: a row of `message_id`, `attempt`, `content_key` and `personal`.
OwnOutcome: TypeAlias = tuple[int, int, str, str | None]
_OWN: Final = ("message_id", "attempt", "content_key", "personal")


def own_outcome(
    message_id: int, attempt: int, content_key: str, personal: Sequence[str]
) -> OwnOutcome:
    """Give the row of a message that was put into words; for this, no database is needed."""
    return message_id, attempt, content_key, json_text(personal) if personal else None


def append_alike(
    cx: Connection,
    outcomes: Sequence[OwnOutcome],
    status: MessageStatus,
    connector: str,
    now: datetime,
    *,
    are_first: bool,
) -> None:
    """Append the same of many messages, none of them in doubt.

    `are_first` says that there can be nothing of these messages yet; PostgreSQL then takes them
    without a second look.
    """
    if outcomes:
        insert_rows(
            cx,
            OutcomeRow,
            _OWN,
            outcomes,
            on_conflict=None if are_first else "skip",
            is_encoded=True,
            shared={"status": status.value, "at": to_micros(now), "connector": connector},
        )


def keep_contents(cx: Connection, contents: Mapping[str, Content]) -> None:
    """Keep the words of messages, by their keys; what is kept already is left."""
    rows = [(key, content.as_json()) for key, content in sorted(contents.items())]
    if rows:
        insert_rows(cx, ContentRow, ("key", "body"), rows, on_conflict="skip")


def move_messages(
    cx: Connection,
    claim: Claim,
    message_ids: Sequence[int],
    until: datetime,
    *,
    priority: int,
    new_attempt: bool = False,
) -> None:
    """Put messages into a chunk of their own that is due later.

    `new_attempt` says that the present attempt came to nothing and another will be made.
    """
    chunk = cx.execute(
        text(
            # Its fence is one claim on, so that the next claim looks for what is known.
            "INSERT INTO chunk (playbook, channel, priority, due_at, fence)"
            " VALUES (:playbook, :channel, :priority, :due_at, 1) RETURNING id",
        ),
        {
            "playbook": claim.playbook,
            "channel": claim.channel,
            "priority": priority,
            "due_at": to_micros(until),
        },
    ).scalar_one()
    again = ", attempt = attempt + 1" if new_attempt else ""
    cx.execute(
        text(
            f"UPDATE message SET chunk_id = :new{again} WHERE chunk_id = :old AND id {in_ids(cx)}",
        ).bindparams(id_list(cx, message_ids)),
        {"new": chunk, "old": claim.chunk},
    )
