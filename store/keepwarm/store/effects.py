"""What decisions asked for besides messages: tasks, promises, changed facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.changing import changed_facts
from keepwarm.engine.facts import Value
from keepwarm.engine.run import (
    FactsChanged,
    OfferMade,
    PointsAdded,
    TagChanged,
    TaskReassigned,
    TasksWithdrawn,
    TaskWanted,
)
from keepwarm.store.bulk import update_rows
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import id_list, in_ids, json_parameter
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import CustomerRow

#: Facts that are columns of their own rather than in the JSON object.
_COLUMNS = ("email", "phone", "timezone", "language")


def open_tasks(cx: Connection, task: TaskWanted, run_ids: Sequence[int], now: datetime) -> None:
    """Open the same task for many runs; one that is there already stays as it is."""
    cx.execute(
        text(
            "INSERT INTO task (run_id, version_id, step, customer_id, playbook, title, details,"
            " assignee, outcomes, opened_at, due_at)"
            " SELECT r.id, r.version_id, :step, r.customer_id, r.playbook, :title,"
            f" CAST(:details AS TEXT), :assignee, {json_parameter(cx, 'outcomes')}, :now,"
            f" CAST(:due_at AS BIGINT) FROM run r WHERE r.id {in_ids(cx)}"
            " ORDER BY r.id ON CONFLICT DO NOTHING",
        ).bindparams(id_list(cx, run_ids)),
        {
            "step": task.step,
            "title": task.title,
            "details": task.details,
            "assignee": task.assignee,
            "outcomes": orjson.dumps(task.outcomes).decode(),
            "now": to_micros(now),
            "due_at": None if task.due_at is None else to_micros(task.due_at),
        },
    )


def reassign_tasks(cx: Connection, change: TaskReassigned, run_ids: Sequence[int]) -> None:
    """Give the open tasks of a step to somebody else."""
    cx.execute(
        text(
            "UPDATE task SET assignee = :assignee"
            f" WHERE step = :step AND done_at IS NULL AND run_id {in_ids(cx)}",
        ).bindparams(id_list(cx, run_ids)),
        {"assignee": change.assignee, "step": change.step},
    )


def withdraw_tasks(
    cx: Connection, withdrawal: TasksWithdrawn, run_ids: Sequence[int], now: datetime
) -> None:
    """Close what is open of these runs: nobody should call a customer who has paid."""
    cx.execute(
        text(
            "UPDATE task SET done_at = :now, outcome = 'withdrawn', note = :reason"
            f" WHERE done_at IS NULL AND run_id {in_ids(cx)}",
        ).bindparams(id_list(cx, run_ids)),
        {"now": to_micros(now), "reason": withdrawal.reason},
    )


def make_offers(cx: Connection, made: OfferMade, run_ids: Sequence[int], now: datetime) -> None:
    """Record a promise to the customers of these runs."""
    cx.execute(
        text(
            "INSERT INTO offer (run_id, version_id, step, customer_id, playbook, offer, at,"
            " expires_at, cost, cost_currency)"
            " SELECT r.id, r.version_id, :step, r.customer_id, r.playbook, :offer, :now,"
            " CAST(:expires_at AS BIGINT), CAST(:cost AS FLOAT), :currency"
            f" FROM run r WHERE r.id {in_ids(cx)} ORDER BY r.id ON CONFLICT DO NOTHING",
        ).bindparams(id_list(cx, run_ids)),
        {
            "step": made.step,
            "offer": made.offer,
            "now": to_micros(now),
            "expires_at": None if made.expires_at is None else to_micros(made.expires_at),
            "cost": float(made.cost),
            "currency": made.cost_currency,
        },
    )


def change_facts(
    cx: Connection,
    change: FactsChanged | TagChanged | PointsAdded,
    customer_ids: Sequence[int],
    now: datetime,
) -> None:
    """Change attributes of customers, in one read and one write for all of them."""
    match change:
        case FactsChanged():
            columns = {name: value for name, value in change.values if name in _COLUMNS}
            facts = {name: value for name, value in change.values if name not in _COLUMNS}
            _set_columns(cx, columns, customer_ids, now)
            if facts:
                _rewrite(cx, customer_ids, now, lambda attributes: attributes | facts)
        case TagChanged() | PointsAdded():
            _rewrite(cx, customer_ids, now, lambda known: known | changed_facts(change, known))


def _set_columns(
    cx: Connection, columns: Mapping[str, Value], customer_ids: Sequence[int], now: datetime
) -> None:
    for name, value in columns.items():
        cx.execute(
            text(
                f"UPDATE customer SET {name} = :value, updated_at = :now WHERE id {in_ids(cx)}",
            ).bindparams(id_list(cx, customer_ids)),
            {"value": value, "now": to_micros(now)},
        )


def _rewrite(
    cx: Connection,
    customer_ids: Sequence[int],
    now: datetime,
    changed: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """Read, change and write the customers' facts, holding their rows meanwhile."""
    update_rows(
        cx,
        CustomerRow,
        ("id",),
        ("attributes", "updated_at"),
        [(key, changed(attributes), now) for key, attributes in _held(cx, customer_ids)],
    )


def _held(cx: Connection, customer_ids: Sequence[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    lock = " FOR UPDATE" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    found = cx.execute(
        text(
            f"SELECT id, attributes FROM customer WHERE id {in_ids(cx)} ORDER BY id{lock}",
        ).bindparams(id_list(cx, customer_ids)),
    )
    return [(key, orjson.loads(raw) if isinstance(raw, str) else raw) for key, raw in found]
