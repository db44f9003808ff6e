"""Tasks for people: which are open, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.runs import wake_runs

#: What a task may come to whose playbook names no outcomes.
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Task:
    """Work that waits for a person."""

    id: int
    playbook: str
    customer: str
    title: str
    details: str | None
    assignee: str
    #: What a person may say came of it.
    outcomes: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None


def open_tasks(cx: Connection, assignee: str | None = None, limit: int = 500) -> list[Task]:
    """Give the open tasks: by who has them, the soonest due first."""
    mine = "AND t.assignee = :assignee" if assignee else ""
    found = cx.execute(
        text(
            "SELECT t.id, t.playbook, c.external_id, t.title, t.details, t.assignee, t.outcomes,"
            " t.opened_at, t.due_at FROM task t JOIN customer c ON c.id = t.customer_id"
            f" WHERE t.done_at IS NULL {mine}"
            " ORDER BY t.assignee, coalesce(t.due_at, 9223372036854775807), t.id LIMIT :limit"
        ),
        {"assignee": assignee, "limit": limit} if assignee else {"limit": limit},
    )
    return [_task(row) for row in found]


def _task(row: Sequence[Any]) -> Task:
    key, playbook, customer, title, details, assignee, outcomes, opened, due = row
    named = orjson.loads(outcomes) if isinstance(outcomes, str) else outcomes
    return Task(
        id=key,
        playbook=playbook,
        customer=customer,
        title=title,
        details=details,
        assignee=assignee,
        outcomes=tuple(named or (DONE,)),
        opened_at=from_micros(opened),
        due_at=None if due is None else from_micros(due),
    )


def finish_task(
    cx: Connection, task_id: int, outcome: str, by: str, note: str, now: datetime
) -> str | None:
    """Close an open task and wake its run; give its playbook, or None when it was not open."""
    row = cx.execute(
        text(
            "UPDATE task SET done_at = :now, outcome = :outcome, done_by = :by, note = :note"
            " WHERE id = :id AND done_at IS NULL RETURNING run_id, playbook"
        ),
        {"now": to_micros(now), "outcome": outcome, "by": by, "note": note or None, "id": task_id},
    ).first()
    if row is None:
        return None
    run_id, playbook = row
    wake_runs(cx, [run_id], now)
    return str(playbook)


def read_task(cx: Connection, task_id: int) -> Task | None:
    """Give an open task; None when it is done or was never there."""
    row = cx.execute(
        text(
            "SELECT t.id, t.playbook, c.external_id, t.title, t.details, t.assignee, t.outcomes,"
            " t.opened_at, t.due_at FROM task t JOIN customer c ON c.id = t.customer_id"
            " WHERE t.done_at IS NULL AND t.id = :id"
        ),
        {"id": task_id},
    ).first()
    return None if row is None else _task(row)
