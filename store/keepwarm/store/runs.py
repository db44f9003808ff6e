"""Runs that are due: taken under their locks, and written back with all that was decided.

Taking, deciding and writing are one transaction. So a run is decided once however many workers
look for work, and a worker that dies has decided nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.run import OPEN, Course, Memory, Mode, Run, RunStatus
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import from_micros, to_micros


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class DueRun:
    """A run that this transaction holds, with the keys of its rows."""

    id: int
    customer_id: int
    version_id: int
    #: How often it was advanced before.
    advances: int
    run: Run


def take_due(cx: Connection, playbook: str, now: datetime, limit: int) -> list[DueRun]:
    """Take runs of a playbook that are due, the longest due first, and keep others from them.

    PostgreSQL locks the rows and passes over those that another worker holds; SQLite's writing
    transaction has the database to itself. The locks end with the transaction.
    """
    lock = " FOR UPDATE OF r SKIP LOCKED" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    found = cx.execute(
        text(
            "SELECT r.id, r.customer_id, r.version_id, r.advances, c.external_id, r.status,"
            ' r.mode, r.step, r.started_at, r."trigger", r.memory, r.entry_key'
            " FROM run r JOIN customer c ON c.id = r.customer_id"
            " WHERE r.playbook = :playbook AND r.due_at <= :now"
            " ORDER BY r.due_at, r.id LIMIT :limit" + lock,
        ),
        {"playbook": playbook, "now": to_micros(now), "limit": limit},
    )
    return [_due_run(row) for row in found.all()]


def _due_run(row: Sequence[Any]) -> DueRun:
    (key, customer_id, version_id, advances, customer, status, mode, step, started, trigger,
     memory, entry_key) = row  # fmt: skip
    return DueRun(
        id=key,
        customer_id=customer_id,
        version_id=version_id,
        advances=advances,
        run=Run(
            customer=customer,
            status=_STATUSES[status],
            mode=_MODES[mode],
            step=step,
            started_at=_moment_of(started),
            trigger=_json(trigger) or _NO_TRIGGER,
            memory=remembered(memory),
            entry_key=entry_key,
        ),
    )


_NO_TRIGGER: Mapping[str, Any] = {}
_NO_MEMORY = Memory()
_STATUSES = {status.value: status for status in RunStatus}
_MODES = {mode.value: mode for mode in Mode}

#: Many runs of a batch began at one moment and remember the same.
_moment_of = lru_cache(maxsize=4096)(from_micros)


def remembered(memory: Any) -> Memory:  # noqa: ANN401 - whatever the database gives JSON as
    """Read a run's memory as its row holds it."""
    if memory is None:
        return _NO_MEMORY
    return _memory_of(memory if isinstance(memory, str) else orjson.dumps(memory).decode())


@lru_cache(maxsize=4096)
def _memory_of(text_of_it: str) -> Memory:
    return memory_from(orjson.loads(text_of_it))


def _json(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read a JSON column: text in SQLite, values in PostgreSQL."""
    return orjson.loads(value) if isinstance(value, str) else value


def next_due(cx: Connection, playbook: str) -> datetime | None:
    """Tell when the playbook's next run is due; None when none is."""
    found = cx.execute(
        text("SELECT min(due_at) FROM run WHERE playbook = :playbook AND due_at IS NOT NULL"),
        {"playbook": playbook},
    ).scalar()
    return None if found is None else from_micros(found)


def playbooks_due(cx: Connection, before: datetime) -> frozenset[str]:
    """Name the playbooks with a run or a chunk of messages that was due before a moment."""
    found = cx.execute(
        text(
            "SELECT DISTINCT playbook FROM run WHERE due_at IS NOT NULL AND due_at < :before"
            " UNION SELECT DISTINCT playbook FROM chunk"
            " WHERE due_at IS NOT NULL AND due_at < :before",
        ),
        {"before": to_micros(before)},
    )
    return frozenset(found.scalars())


def entered_since(cx: Connection, playbook: str, since: datetime) -> int:
    """Count the runs of a playbook that began at or after a moment."""
    found = cx.execute(
        text("SELECT count(*) FROM run WHERE playbook = :playbook AND started_at >= :since"),
        {"playbook": playbook, "since": to_micros(since)},
    )
    return int(found.scalar_one())


def write_course(cx: Connection, course: Course, run_ids: Sequence[int], now: datetime) -> None:
    """Put all these runs where the course says."""
    ended = course.status not in OPEN
    turned_away = course.status is RunStatus.TURNED_AWAY
    # Who was turned away did not enter, and so may enter another time: their key is given back.
    key = ", entry_key = 'turned away ' || id" if turned_away else ""
    cx.execute(
        text(
            "UPDATE run SET status = :status, mode = :mode, step = :step, due_at = :due_at,"
            " ended_at = :ended_at, memory = :memory, advances = advances + 1"
            f"{key} WHERE id {in_ids(cx)}",
        ).bindparams(id_list(cx, run_ids)),
        {
            "status": course.status,
            "mode": course.mode,
            "step": course.step,
            "due_at": None if course.due_at is None else to_micros(course.due_at),
            "ended_at": to_micros(now) if ended else None,
            "memory": memory_json(course.memory),
        },
    )


def wake_runs(cx: Connection, run_ids: Iterable[int], now: datetime) -> int:
    """Make open runs due at once, and give how many."""
    return cx.execute(
        text(
            "UPDATE run SET due_at = :now WHERE due_at IS NOT NULL AND due_at > :now"
            f" AND id {in_ids(cx)}",
        ).bindparams(id_list(cx, list(run_ids))),
        {"now": to_micros(now)},
    ).rowcount


# ── A run's memory as JSON: only what is set ─────────────────────────────────────────────────


def memory_json(memory: Memory) -> str | None:
    """Give a memory as a row holds it; None when there is nothing to remember."""
    kept: dict[str, Any] = {}
    for name in ("waits_since", "waits_until", "offer_until"):
        moment = getattr(memory, name)
        if moment is not None:
            kept[name] = to_micros(moment)
    if memory.after_message is not None:
        kept["after_message"] = memory.after_message
    if memory.offer is not None:
        kept["offer"] = memory.offer
    if memory.results:
        kept["results"] = memory.results
    if memory.tasks_due:
        kept["tasks_due"] = [(step, to_micros(due)) for step, due in memory.tasks_due]
    return orjson.dumps(kept).decode() if kept else None


def memory_from(kept: Mapping[str, Any] | None) -> Memory:
    """Read what `memory_json` wrote."""
    if not kept:
        return _NO_MEMORY
    return Memory(
        waits_since=_moment(kept, "waits_since"),
        after_message=kept.get("after_message"),
        waits_until=_moment(kept, "waits_until"),
        results=tuple((name, result) for name, result in kept.get("results", ())),
        offer=kept.get("offer"),
        offer_until=_moment(kept, "offer_until"),
        tasks_due=tuple((step, from_micros(due)) for step, due in kept.get("tasks_due", ())),
    )


def _moment(kept: Mapping[str, Any], name: str) -> datetime | None:
    micros = kept.get(name)
    return None if micros is None else from_micros(micros)
