"""What decisions asked for besides messages: tasks, promises, changed facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

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
from keepwarm.store.customers import COLUMNS
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.driver import run
from keepwarm.store.ids import id_list, in_ids, json_parameter
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import to_micros
from keepwarm.store.past import keep_past, was
from keepwarm.store.tables import CustomerRow

_COLUMNS: Final = frozenset(COLUMNS)


def open_tasks(cx: Connection, task: TaskWanted, run_ids: Sequence[int], now: datetime) -> None:
    """Open the same task for many runs; one that is there already stays as it is."""
    run(
        cx,
        "INSERT INTO task (run_id, version_id, step, customer_id, playbook, title, details,"
        " assignee, outcomes, opened_at, due_at)"
        " SELECT r.id, r.version_id, :step, r.customer_id, r.playbook, :title,"
        f" CAST(:details AS TEXT), :assignee, {json_parameter(cx, 'outcomes')}, :now,"
        f" CAST(:due_at AS BIGINT) FROM run r WHERE r.id {in_ids(cx)}"
        " ORDER BY r.id ON CONFLICT DO NOTHING",
        ids=run_ids,
        step=task.step,
        title=task.title,
        details=task.details,
        assignee=task.assignee,
        outcomes=orjson.dumps(task.outcomes).decode(),
        now=to_micros(now),
        due_at=None if task.due_at is None else to_micros(task.due_at),
    )


def reassign_tasks(cx: Connection, change: TaskReassigned, run_ids: Sequence[int]) -> None:
    """Give the open tasks of a step to somebody else."""
    sql = (
        "UPDATE task SET assignee = :assignee"
        f" WHERE step = :step AND done_at IS NULL AND run_id {in_ids(cx)}"
    )
    run(cx, sql, ids=run_ids, assignee=change.assignee, step=change.step)


def withdraw_tasks(
    cx: Connection, withdrawal: TasksWithdrawn, run_ids: Sequence[int], now: datetime
) -> None:
    """Close what is open of these runs: nobody should call a customer who has paid."""
    sql = (
        "UPDATE task SET done_at = :now, outcome = 'withdrawn', note = :reason"
        f" WHERE done_at IS NULL AND run_id {in_ids(cx)}"
    )
    run(cx, sql, ids=run_ids, now=to_micros(now), reason=withdrawal.reason)


def make_offers(cx: Connection, made: OfferMade, run_ids: Sequence[int], now: datetime) -> None:
    """Record a promise to the customers of these runs."""
    run(
        cx,
        "INSERT INTO offer (run_id, version_id, step, customer_id, playbook, offer, at,"
        " expires_at, cost, cost_currency)"
        " SELECT r.id, r.version_id, :step, r.customer_id, r.playbook, :offer, :now,"
        " CAST(:expires_at AS BIGINT), CAST(:cost AS FLOAT), :currency"
        f" FROM run r WHERE r.id {in_ids(cx)} ORDER BY r.id ON CONFLICT DO NOTHING",
        ids=run_ids,
        step=made.step,
        offer=made.offer,
        now=to_micros(now),
        expires_at=None if made.expires_at is None else to_micros(made.expires_at),
        cost=float(made.cost),
        currency=made.cost_currency,
    )


def change_facts(
    cx: Connection,
    change: FactsChanged | TagChanged | PointsAdded,
    customer_ids: Sequence[int],
    now: datetime,
    playbook: str,
) -> None:
    """Change attributes of customers for a playbook, in one read and one write for all of them."""
    known = dict(_held(cx, customer_ids))
    changed = {key: changed_facts(change, held) for key, held in known.items()}
    keep_past(cx, ((key, was(known[key], told)) for key, told in changed.items()), now, playbook)
    if isinstance(change, FactsChanged):
        columns = {name: value for name, value in change.values if name in _COLUMNS}
        _set_columns(cx, columns, customer_ids, now)
    members = [
        (key, {k: v for k, v in (known[key] | told).items() if k not in _COLUMNS}, now)
        for key, told in changed.items()
        if not told.keys() <= _COLUMNS
    ]
    update_rows(cx, CustomerRow, ("id",), ("attributes", "updated_at"), members)


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


def _held(cx: Connection, customer_ids: Sequence[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Read what is known of customers, columns included, holding their rows from others."""
    lock = " FOR UPDATE" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    columns = ", ".join(COLUMNS)
    found = cx.execute(
        text(
            f"SELECT id, attributes, {columns} FROM customer"
            f" WHERE id {in_ids(cx)} ORDER BY id{lock}",
        ).bindparams(id_list(cx, customer_ids)),
    )
    for key, raw, *values in found:
        members = from_json(raw)
        held = zip(COLUMNS, values, strict=True)
        yield key, members | {name: value for name, value in held if value is not None}
