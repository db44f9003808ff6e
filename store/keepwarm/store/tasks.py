"""Tasks for people: which are open, and what came of them.

There is one open task for a customer and reason: where several runs of a playbook ask for the same
of one customer, people see the oldest, and what they say of it holds for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, text

from keepwarm.store.audit import note
from keepwarm.store.bulk import text_list, update_rows
from keepwarm.store.ids import in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros
from keepwarm.store.runs import wake_runs
from keepwarm.store.tables import TaskRow

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
    #: Until when whoever has it does not want to see it.
    snoozed_until: datetime | None = None


#: Whether a task is the one of its customer and reason that people see.
IS_SEEN: Final = (
    "NOT EXISTS (SELECT 1 FROM task o WHERE o.customer_id = t.customer_id AND o.id < t.id"
    " AND o.playbook = t.playbook AND o.title = t.title AND o.done_at IS NULL)"
)
#: The open tasks for the same customer and reason as one that is open.
_SAME: Final = (
    "done_at IS NULL AND (customer_id, playbook, title) ="
    " (SELECT customer_id, playbook, title FROM task WHERE id = :id AND done_at IS NULL)"
)

_SELECT: Final = (
    "SELECT t.id, t.playbook, c.external_id, t.title, t.details, t.assignee, t.outcomes,"
    " t.opened_at, t.due_at, t.snoozed_until FROM task t JOIN customer c ON c.id = t.customer_id"
    " WHERE t.done_at IS NULL"
)


def open_tasks(
    cx: Connection, assignees: Collection[str] | None = None, limit: int = 500
) -> list[Task]:
    """Give the open tasks: by who has them, the soonest due first; None for those of all."""
    mine = "" if assignees is None else f" AND t.assignee {in_ids(cx, 'assignees')}"
    statement = text(
        f"{_SELECT} AND {IS_SEEN}{mine}"
        " ORDER BY t.assignee, coalesce(t.due_at, 9223372036854775807), t.id LIMIT :limit"
    )
    if assignees is not None:
        statement = statement.bindparams(text_list(cx, "assignees", sorted(assignees)))
    return [_task(row) for row in cx.execute(statement, {"limit": limit})]


def _task(row: Sequence[Any]) -> Task:
    key, playbook, customer, title, details, assignee, outcomes, opened, due, snoozed = row
    return Task(
        id=key,
        playbook=playbook,
        customer=customer,
        title=title,
        details=details,
        assignee=assignee,
        outcomes=tuple(from_json(outcomes) or (DONE,)),
        opened_at=from_micros(opened),
        due_at=from_micros_or_none(due),
        snoozed_until=from_micros_or_none(snoozed),
    )


#: (run, version, step, the details of its task in words)
Worded: TypeAlias = tuple[int, int, int, str | None]


def word_tasks(cx: Connection, worded: Iterable[Worded]) -> None:
    """Keep the details of tasks in the words that they have for their customers."""
    update_rows(cx, TaskRow, ("run_id", "version_id", "step"), ("details",), worded)


def finish_task(
    cx: Connection, task_id: int, outcome: str, by: str, remark: str, now: datetime
) -> str | None:
    """Close an open task and wake its runs; give its playbook, or None when it was not open."""
    rows = cx.execute(
        text(
            "UPDATE task SET done_at = :now, outcome = :outcome, done_by = :by, note = :note"
            f" WHERE {_SAME} RETURNING run_id, playbook"
        ),
        {
            "now": to_micros(now),
            "outcome": outcome,
            "by": by,
            "note": remark or None,
            "id": task_id,
        },
    ).all()
    if not rows:
        return None
    note(cx, by, "finished a task", {"task": task_id, "outcome": outcome}, now)
    wake_runs(cx, [run_id for run_id, _ in rows], now)
    return str(rows[0].playbook)


def hand_over(cx: Connection, task_id: int, assignee: str, by: str, now: datetime) -> bool:
    """Give an open task to somebody else, who sees it at once; tell whether it was open."""
    statement = text(f"UPDATE task SET assignee = :assignee, snoozed_until = NULL WHERE {_SAME}")
    was_open = cx.execute(statement, {"assignee": assignee, "id": task_id}).rowcount > 0
    if was_open:
        note(cx, by, "handed over a task", {"task": task_id, "to": assignee}, now)
    return was_open


def snooze(cx: Connection, task_id: int, until: datetime, by: str, now: datetime) -> bool:
    """Put an open task out of sight until a moment; what it is due by stays; tell whether open."""
    statement = text(f"UPDATE task SET snoozed_until = :until WHERE {_SAME}")
    was_open = cx.execute(statement, {"until": to_micros(until), "id": task_id}).rowcount > 0
    if was_open:
        note(cx, by, "snoozed a task", {"task": task_id, "until": until.isoformat()}, now)
    return was_open


def read_task(cx: Connection, task_id: int) -> Task | None:
    """Give an open task; None when it is done or was never there."""
    row = cx.execute(text(f"{_SELECT} AND t.id = :id"), {"id": task_id}).first()
    return None if row is None else _task(row)


@dataclass(frozen=True, slots=True)
class LateTask:
    """A task that was not done by when it was due."""

    id: int
    playbook: str
    title: str
    assignee: str
    due_at: datetime


def is_any_newly_late(cx: Connection, now: datetime) -> bool:
    """Tell whether a task is late of which nobody was told."""
    statement = text(f"SELECT 1 FROM task WHERE {_NEWLY_LATE} LIMIT 1")
    return cx.execute(statement, {"now": to_micros(now)}).first() is not None


def take_newly_late(cx: Connection, now: datetime) -> list[LateTask]:
    """Give the tasks that are late and were not told of, each once, the earliest due first."""
    taken = cx.execute(
        text(
            f"UPDATE task SET late_told_at = :now WHERE {_NEWLY_LATE}"
            " RETURNING id, playbook, title, assignee, due_at"
        ),
        {"now": to_micros(now)},
    )
    late = [
        LateTask(key, playbook, title, assignee, from_micros(due))
        for key, playbook, title, assignee, due in taken
    ]
    return sorted(late, key=lambda each: (each.due_at, each.id))


_NEWLY_LATE: Final = "done_at IS NULL AND due_at < :now AND late_told_at IS NULL"
