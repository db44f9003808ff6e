"""Tasks as other tools show them: which are to be made or changed there, and what came of it.

The task is the truth. A copy remembers which state of it the tool shows; wherever that is another
one than the task's, the copy is due. So nobody who changes a task needs to know of tools, and
nothing is missed by a process that dies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.store.bulk import text_list
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import from_micros_or_none, to_micros
from keepwarm.store.tasks import DONE, IS_SEEN

#: How long a worker may take over what it has taken: many times what a call may take.
LEASE: Final = timedelta(minutes=2)

#: What a tool shows of a task, as one text; its title only changes when a customer is erased.
_STATE: Final = (
    "(t.assignee || '|' || coalesce(t.due_at, 0) || '|' || coalesce(t.snoozed_until, 0)"
    " || '|' || coalesce(t.done_at, 0) || '|' || length(t.title))"
)
_IS_DUE: Final = (
    f"c.tool = :tool AND c.closed_at IS NULL AND (c.shown IS NULL OR c.shown <> {_STATE})"
    " AND coalesce(c.next_at, 0) <= :now AND coalesce(c.held_until, 0) <= :now"
)
_IS_NEW: Final = (
    f"t.done_at IS NULL AND {IS_SEEN}"
    " AND NOT EXISTS (SELECT 1 FROM task_copy c"
    " WHERE c.task_id = t.id AND c.tool = CAST(:tool AS TEXT))"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A task that another tool is to show as it stands, and that this worker holds."""

    id: int
    team: str
    #: What the tool calls it; None where it is to be made.
    reference: str | None
    #: Whether an earlier call may have made it already.
    is_again: bool
    #: When it was first to be made there; None where that is now.
    begun_at: datetime | None
    fence: int
    tries: int
    held_until: datetime
    #: What is shown once this is done.
    state: str
    task_id: int
    playbook: str
    title: str
    details: str | None
    assignee: str
    customer: str
    customer_id: int
    outcomes: tuple[str, ...]
    due_at: datetime | None
    snoozed_until: datetime | None
    done_at: datetime | None
    outcome: str | None
    done_by: str | None
    note: str | None
    is_erased: bool


def is_any_due(cx: Connection, tool: str, assignees: Collection[str], now: datetime) -> bool:
    """Tell whether a tool has something to show; `assignees` are those whose tasks it shows."""
    due = f"SELECT 1 FROM task_copy c JOIN task t ON t.id = c.task_id WHERE {_IS_DUE}"
    new = f"SELECT 1 FROM task t WHERE {_IS_NEW} AND t.assignee {in_ids(cx, 'assignees')}"
    statement = text(f"SELECT EXISTS ({due}) OR EXISTS ({new})").bindparams(
        text_list(cx, "assignees", sorted(assignees))
    )
    return bool(cx.execute(statement, {"tool": tool, "now": to_micros(now)}).scalar())


def put_copies(cx: Connection, tool: str, team: str, assignees: Collection[str]) -> None:
    """Have a tool show the open tasks of a team that it does not show yet."""
    _follow_the_same_reason(cx, tool)
    cx.execute(
        text(
            "INSERT INTO task_copy (task_id, tool, team, fence, tries)"
            f" SELECT t.id, CAST(:tool AS TEXT), :team, 0, 0 FROM task t WHERE {_IS_NEW}"
            f" AND t.assignee {in_ids(cx, 'assignees')} ORDER BY t.id ON CONFLICT DO NOTHING"
        ).bindparams(text_list(cx, "assignees", sorted(assignees))),
        {"tool": tool, "team": team},
    )


def _follow_the_same_reason(cx: Connection, tool: str) -> None:
    """Let a copy stand for another run's task where its own was withdrawn and that is open."""
    same = (
        "SELECT min(o.id) FROM task o JOIN task t ON o.customer_id = t.customer_id"
        " AND o.playbook = t.playbook AND o.title = t.title"
        " WHERE t.id = task_copy.task_id AND t.outcome = 'withdrawn' AND o.done_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM task_copy k WHERE k.task_id = o.id AND k.tool = :tool)"
    )
    cx.execute(
        text(
            f"UPDATE task_copy SET task_id = ({same})"
            f" WHERE tool = :tool AND closed_at IS NULL AND ({same}) IS NOT NULL"
        ),
        {"tool": tool},
    )


def take_copies(cx: Connection, tool: str, now: datetime, limit: int = 20) -> list[Copy]:
    """Take what a tool is to show by now, and keep other workers from it for the lease.

    Once this is committed a call may leave, and whoever comes after a crash knows that.
    """
    found = cx.execute(
        text(f"{_SELECT} WHERE {_IS_DUE} ORDER BY c.id LIMIT :limit{skip_locked(cx, 'c')}"),
        {"tool": tool, "now": to_micros(now), "limit": limit},
    ).all()
    copies = [_copy(row, now + LEASE) for row in found]
    ended = [each for each in copies if each.done_at and not each.is_again and not each.reference]
    _close(cx, [each.id for each in ended], now)
    taken = [each for each in copies if each not in ended]
    cx.execute(
        text(
            "UPDATE task_copy SET held_until = :until, fence = fence + 1, tries = tries + 1,"
            f" begun_at = coalesce(begun_at, :now) WHERE id {in_ids(cx)}"
        ).bindparams(id_list(cx, [each.id for each in taken])),
        {"until": to_micros(now + LEASE), "now": to_micros(now)},
    )
    return taken


_SELECT: Final = (
    "SELECT c.id, c.team, c.reference, c.begun_at, c.fence, c.tries,"
    f" {_STATE}, t.id, t.playbook, t.title, t.details, t.assignee, p.external_id, t.customer_id,"
    " t.outcomes, t.due_at, t.snoozed_until, t.done_at, t.outcome, t.done_by, t.note,"
    " p.erased_at IS NOT NULL"
    " FROM task_copy c JOIN task t ON t.id = c.task_id JOIN customer p ON p.id = t.customer_id"
)


def _copy(row: Sequence[Any], held_until: datetime) -> Copy:
    (key, team, reference, begun, fence, tries, state, task, playbook, title, details, assignee,
     customer, customer_id, outcomes, due, snoozed, done, outcome, by, note,
     erased) = row  # fmt: skip
    return Copy(
        id=key, team=team, reference=reference, is_again=begun is not None and reference is None,
        begun_at=from_micros_or_none(begun), fence=fence + 1, tries=tries, held_until=held_until,
        state=state, task_id=task, playbook=playbook, title=title, details=details,
        assignee=assignee, customer=customer, customer_id=customer_id,
        outcomes=tuple(from_json(outcomes) or (DONE,)), due_at=from_micros_or_none(due),
        snoozed_until=from_micros_or_none(snoozed), done_at=from_micros_or_none(done),
        outcome=outcome, done_by=by, note=note, is_erased=bool(erased),
    )  # fmt: skip


def mark_shown(cx: Connection, copy: Copy, reference: str, now: datetime) -> None:
    """Note that a tool shows a task as it was when it was taken; a done one is closed."""
    cx.execute(
        text(
            "UPDATE task_copy SET reference = :reference, shown = :state, held_until = NULL,"
            " tries = 0, next_at = NULL, problem = NULL, closed_at = CAST(:closed_at AS BIGINT)"
            " WHERE id = :id AND fence = :fence"
        ),
        {
            "reference": reference,
            "state": copy.state,
            "closed_at": None if copy.done_at is None else to_micros(now),
            "id": copy.id,
            "fence": copy.fence,
        },
    )


def show_later(
    cx: Connection, copy: Copy, until: datetime | None, problem: str, *, was_taken: bool
) -> None:
    """Try a copy again at a moment, None giving it up; `was_taken` says that a call may have been.

    What was in doubt before stays so, whatever came of a call after it.
    """
    cx.execute(
        text(
            "UPDATE task_copy SET held_until = NULL, next_at = CAST(:until AS BIGINT),"
            " problem = :problem, closed_at = CAST(:closed_at AS BIGINT), begun_at ="
            " CASE WHEN :is_open THEN begun_at ELSE NULL END WHERE id = :id AND fence = :fence"
        ),
        {
            "until": None if until is None else to_micros(until),
            "problem": problem,
            "closed_at": 0 if until is None else None,
            "is_open": was_taken or copy.is_again or copy.reference is not None,
            "id": copy.id,
            "fence": copy.fence,
        },
    )


# ── What people did there ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Looked:
    """A task in another tool of which nobody has told us that it is done."""

    id: int
    task_id: int
    reference: str


def take_looks(
    cx: Connection, tool: str, now: datetime, every: timedelta, limit: int = 100
) -> list[Looked]:
    """Take what is to be looked at again in a tool, and keep others from it for as long."""
    taken = cx.execute(
        text(
            "UPDATE task_copy SET looked_at = :now WHERE id IN (SELECT id FROM task_copy"
            " WHERE tool = :tool AND closed_at IS NULL AND reference IS NOT NULL"
            " AND coalesce(looked_at, 0) <= :before ORDER BY coalesce(looked_at, 0), id"
            f" LIMIT :limit{skip_locked(cx)}) RETURNING id, task_id, reference"
        ),
        {"tool": tool, "now": to_micros(now), "before": to_micros(now - every), "limit": limit},
    )
    return [Looked(*row) for row in taken]


def look_soon(cx: Connection, tool: str, references: Collection[str]) -> None:
    """Have tasks of a tool looked at before all others; names that are none of ours count not."""
    cx.execute(
        text(
            "UPDATE task_copy SET looked_at = NULL WHERE tool = :tool AND closed_at IS NULL"
            f" AND reference {in_ids(cx, 'references')}"
        ).bindparams(text_list(cx, "references", sorted(references))),
        {"tool": tool},
    )


def is_any_to_look_at(cx: Connection, tool: str, now: datetime, every: timedelta) -> bool:
    """Tell whether it is time to look at something in a tool."""
    statement = text(
        "SELECT 1 FROM task_copy WHERE tool = :tool AND closed_at IS NULL"
        " AND reference IS NOT NULL AND coalesce(looked_at, 0) <= :before LIMIT 1"
    )
    values = {"tool": tool, "before": to_micros(now - every)}
    return cx.execute(statement, values).first() is not None


def task_of_copy(cx: Connection, copy_id: int) -> int | None:
    """Give the task that a copy stands for; None when there is no such copy."""
    found: int | None = cx.execute(
        text("SELECT task_id FROM task_copy WHERE id = :id"), {"id": copy_id}
    ).scalar()
    return found


def copy_called(cx: Connection, tool: str, reference: str) -> int | None:
    """Give the copy that a tool calls by this reference; None when it is none of ours."""
    found: int | None = cx.execute(
        text("SELECT max(id) FROM task_copy WHERE tool = :tool AND reference = :reference"),
        {"tool": tool, "reference": reference},
    ).scalar()
    return found


def close_copy(cx: Connection, copy_id: int, now: datetime) -> None:
    """Note that a tool shows by itself that a task is done: it was done there."""
    _close(cx, [copy_id], now)


def _close(cx: Connection, ids: Sequence[int], now: datetime) -> None:
    cx.execute(
        text(
            f"UPDATE task_copy SET closed_at = :now WHERE closed_at IS NULL AND id {in_ids(cx)}"
        ).bindparams(id_list(cx, ids)),
        {"now": to_micros(now)},
    )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a task is shown besides the inbox."""

    tool: str
    #: None while the tool does not have it.
    reference: str | None
    problem: str | None


def elsewhere(cx: Connection, task_ids: Sequence[int]) -> Mapping[int, Sequence[Elsewhere]]:
    """Give where tasks are shown besides the inbox, by task."""
    found = cx.execute(
        text(
            "SELECT task_id, tool, reference, problem FROM task_copy"
            f" WHERE task_id {in_ids(cx)} ORDER BY id"
        ).bindparams(id_list(cx, task_ids))
    )
    places: dict[int, list[Elsewhere]] = {}
    for task_id, *said in found:
        places.setdefault(task_id, []).append(Elsewhere(*said))
    return places
