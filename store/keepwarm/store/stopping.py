"""Runs that are ended from outside: by a merge of two customers, or by an erasure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.run import OPEN, RunStatus
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import to_micros

#: Until then, nobody has begun to send a message.
_NOT_BEGUN = (MessageStatus.QUEUED, MessageStatus.HELD)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What ending runs came to."""

    runs: int
    messages: int
    tasks: int


def lock_people(cx: Connection, ids: Sequence[int]) -> None:
    """Keep workers from these customers and their runs until this ends.

    Runs before customers, as workers lock them, so that nobody waits in a circle.
    """
    if dialect_of(cx) is not Dialect.POSTGRESQL:
        return
    for table, column in (("run", "customer_id"), ("customer", "id")):
        statement = f"SELECT 1 FROM {table} WHERE {column} {in_ids(cx)} ORDER BY id FOR UPDATE"
        cx.execute(text(statement).bindparams(id_list(cx, ids)))


def stop_runs(cx: Connection, runs: Sequence[int], reason: str, now: datetime) -> Stopped:
    """End what is open of these runs, with the messages that nobody has begun to send."""
    messages = cx.execute(
        text(
            "INSERT INTO outcome (message_id, attempt, status, at, reason)"
            " SELECT m.id, m.attempt, :skipped, :now, :reason FROM message m"
            f" WHERE m.run_id {in_ids(cx)} AND NOT EXISTS (SELECT 1 FROM outcome o"
            " WHERE o.message_id = m.id AND o.attempt = m.attempt"
            f" AND o.status NOT IN ({_listed(_NOT_BEGUN)})) ON CONFLICT DO NOTHING"
        ).bindparams(id_list(cx, runs)),
        {"skipped": MessageStatus.SKIPPED, "now": to_micros(now), "reason": reason},
    ).rowcount
    tasks = cx.execute(
        text(
            "UPDATE task SET done_at = :now, outcome = 'withdrawn', note = :reason"
            f" WHERE done_at IS NULL AND run_id {in_ids(cx)}"
        ).bindparams(id_list(cx, runs)),
        {"now": to_micros(now), "reason": reason},
    ).rowcount
    ended = cx.execute(
        text(
            "UPDATE run SET status = :stopped, due_at = NULL, ended_at = :now"
            f" WHERE status IN ({_listed(tuple(sorted(OPEN)))}) AND id {in_ids(cx)}"
        ).bindparams(id_list(cx, runs)),
        {"stopped": RunStatus.STOPPED, "now": to_micros(now)},
    ).rowcount
    return Stopped(ended, messages, tasks)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
