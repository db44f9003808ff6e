"""Chunks of messages, claimed by one worker at a time; and what came of their messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import repeat
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.message import Content
from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.bulk import insert_rows, json_text
from keepwarm.store.columns import read_columns
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.doubts import begin_doubts
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import ContentRow, OutcomeRow

#: How long a worker may take for a chunk before others may take it over.
LEASE = timedelta(minutes=5)


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


class Intent(NamedTuple):
    """A message as it waits in its chunk, with what the gates and its words need.

    A tuple, because there are a thousand a chunk and it is made twice as fast as an object.
    """

    id: int
    run_id: int
    customer_id: int
    version_id: int
    playbook: str
    step: int
    part: int
    channel: str
    template: str | None
    kind: str
    topic: str | None
    queued_at: datetime
    expires_at: datetime | None
    attempt: int
    #: For a team's chat or a webhook; None is the customer's own.
    address: str | None
    words: Mapping[str, Any]
    customer: str
    email: str | None
    phone: str | None
    timezone: str | None
    language: str | None
    #: All attributes that are not columns.
    attributes: Mapping[str, Any]
    run_status: str
    trigger: Mapping[str, Any]
    #: What is known of the present attempt: a claim before this one may have come to an end here.
    status: MessageStatus | None


def claim_chunk(
    cx: Connection,
    worker: str,
    now: datetime,
    playbook: str | None = None,
    channel: str | None = None,
) -> Claim | None:
    """Claim the most urgent chunk that is due, or whose worker let its lease run out.

    It may be asked for one of a playbook alone, or of a channel.
    """
    skip_locked = " FOR UPDATE SKIP LOCKED" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    given = {"playbook": playbook, "channel": channel}
    only = {name: value for name, value in given.items() if value is not None}
    row = cx.execute(
        text(
            "UPDATE chunk SET due_at = :lease_end, worker = :worker, fence = fence + 1"
            " WHERE id = (SELECT id FROM chunk WHERE due_at <= :now"
            f"{''.join(f' AND {name} = :{name}' for name in only)}"
            f" ORDER BY priority, due_at, id LIMIT 1{skip_locked})"
            " RETURNING id, playbook, channel, fence, waits_for",
        ),
        {"lease_end": to_micros(now + LEASE), "worker": worker, "now": to_micros(now), **only},
    ).first()
    if row is None:
        return None
    return Claim(row.id, row.playbook, row.channel, row.fence, now + LEASE, row.waits_for)


def renew_lease(cx: Connection, claim: Claim, now: datetime) -> bool:
    """Keep the chunk for another lease; False when another worker took it over meanwhile."""
    sql = "UPDATE chunk SET due_at = :lease_end WHERE id = :chunk AND fence = :fence"
    values = {"lease_end": to_micros(now + LEASE), "chunk": claim.chunk, "fence": claim.fence}
    return cx.execute(text(sql), values).rowcount == 1


def finish_chunk(cx: Connection, claim: Claim) -> bool:
    """Close the chunk; False when another worker took it over meanwhile."""
    return (
        cx.execute(
            text(
                "UPDATE chunk SET due_at = NULL, worker = NULL"
                " WHERE id = :chunk AND fence = :fence",
            ),
            {"chunk": claim.chunk, "fence": claim.fence},
        ).rowcount
        == 1
    )


def next_chunk_due(cx: Connection, playbook: str | None = None) -> datetime | None:
    """Tell when the next chunk may be claimed; None when there is none."""
    only = "" if playbook is None else " AND playbook = :playbook"
    found = cx.execute(
        text(f"SELECT min(due_at) FROM chunk WHERE due_at IS NOT NULL{only}"),
        {} if playbook is None else {"playbook": playbook},
    ).scalar()
    return None if found is None else from_micros(found)


_INTENT = (
    "m.id", "m.run_id", "m.customer_id", "m.version_id", "m.step", "m.part", "m.template", "m.kind",
    "m.topic", "m.queued_at", "m.expires_at", "m.attempt", "m.address", "CAST(m.words AS TEXT)",
    "c.external_id", "c.email", "c.phone", "c.timezone", "c.language", "r.status",
    'CAST(r."trigger" AS TEXT)',
)  # fmt: skip
_INTENTS = (
    "FROM message m LEFT JOIN customer c ON c.id = m.customer_id LEFT JOIN run r ON r.id = m.run_id"
    " WHERE m.chunk_id = {mark} ORDER BY m.id"
)


def read_intents(cx: Connection, claim: Claim) -> list[Intent]:
    """Read the messages of a chunk.

    Raises LookupError if the run or the customer of one is gone: it must not go unnoticed.
    """
    (ids, runs, customer_ids, versions, steps, parts, templates, kinds, topics, queued, expires,
     attempts, addresses, words, customers, emails, phones, timezones, languages, statuses,
     triggers, attributes) = read_columns(
         cx, _INTENT, _INTENTS, claim.chunk, objects=("c.attributes",)
    )  # fmt: skip
    if None in statuses or None in customers:
        raise LookupError("a message whose run or customer is gone")
    known = _known(cx, ids, claim)
    columns = (
        ids, runs, customer_ids, versions, repeat(claim.playbook), steps, parts,
        repeat(claim.channel), templates, kinds, topics, map(_moment_of, queued),
        map(_moment_of, expires), attempts, addresses, _shared_objects(words), customers, emails,
        phones, timezones, languages, attributes, statuses, _shared_objects(triggers),
        map(known.get, zip(ids, attempts, strict=True)) if known else repeat(None),
    )  # fmt: skip
    return [Intent._make(values) for values in zip(*columns, strict=False)]


@lru_cache(maxsize=4096)  # most messages of a chunk were queued at one moment
def _moment_of(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


_EMPTY: Mapping[str, Any] = {}


def _object(text_of_it: str | None) -> Mapping[str, Any]:
    found = None if text_of_it is None else orjson.loads(text_of_it)
    return found if isinstance(found, dict) else _EMPTY


def _shared_objects(texts: Sequence[str | None]) -> Iterator[Mapping[str, Any]]:
    """Read JSON objects of which many are equal: those are one object."""
    known = {each: _object(each) for each in set(texts)}
    return map(known.__getitem__, texts)


def _known(
    cx: Connection, message_ids: Sequence[int], claim: Claim
) -> dict[tuple[int, int], MessageStatus]:
    """Give (message, attempt) -> the highest status, where an earlier claim wrote any."""
    if claim.is_first:
        return {}
    found = cx.execute(
        text(
            f"SELECT message_id, attempt, status FROM outcome WHERE message_id {in_ids(cx)}",
        ).bindparams(id_list(cx, message_ids)),
    )
    known: dict[tuple[int, int], MessageStatus] = {}
    for message_id, attempt, word in found:
        status = MessageStatus(word)
        before = known.get((message_id, attempt))
        if before is None or status.rank > before.rank:
            known[message_id, attempt] = status
    return known


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
#: connector: a row of `message_id`, `attempt`, `content_key`, `personal` and `provider_id`.
OwnOutcome: TypeAlias = list[Any]
_OWN: Final = ("message_id", "attempt", "content_key", "personal", "provider_id")
#: Where in that row the provider's name for the message stands.
PROVIDER_ID: Final = _OWN.index("provider_id")


def own_outcome(
    message_id: int, attempt: int, content_key: str, personal: Sequence[str]
) -> OwnOutcome:
    """Give the row of a message that was put into words; for this, no database is needed."""
    values = json_text(personal) if personal else None
    return [message_id, attempt, content_key, values, None]


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
