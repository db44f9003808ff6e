"""What becomes of those inside when a new version goes live (law 20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.moving import moved_memory
from keepwarm.engine.run import RunStatus
from keepwarm.store.bulk import update_rows
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import to_micros
from keepwarm.store.runs import memory_json, remembered
from keepwarm.store.stopping import stop_runs
from keepwarm.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class Inside:
    """Customers inside a playbook, at one step of one version."""

    playbook: str
    version_id: int
    #: The version as people count it.
    number: int
    #: Position in that version's plan.
    step: int
    count: int


def who_is_inside(cx: Connection) -> list[Inside]:
    """Count the customers inside, by playbook, version and step, in that order."""
    found = cx.execute(
        text(
            "SELECT r.playbook, r.version_id, v.number, r.step, count(*) FROM run r"
            " JOIN version v ON v.id = r.version_id WHERE r.due_at IS NOT NULL"
            " GROUP BY r.playbook, r.version_id, v.number, r.step"
            " ORDER BY r.playbook, v.number, r.step"
        )
    )
    return [Inside(*row) for row in found]


#: Old version -> position in it -> position in the new one.
Positions = Callable[[int], Mapping[int, int]]


def move_runs(
    cx: Connection, playbook: str, version_id: int, positions: Positions, now: datetime
) -> int:
    """Let those inside go on in the new version, from where their step is; give how many."""
    rows = [
        (key, version_id, positions(old)[step], _moved(memory), now)
        for key, old, step, memory in _inside(cx, playbook, version_id)
    ]
    # Every one is looked at again at once: its wait may have become another one.
    columns = ("version_id", "step", "memory", "due_at")
    return update_rows(cx, RunRow, ("id",), columns, rows)


def _moved(memory: object) -> object:
    kept = memory_json(moved_memory(remembered(memory)))
    return None if kept is None else orjson.loads(kept)


def stop_inside(cx: Connection, playbook: str, version_id: int, now: datetime) -> int:
    """End the runs of older versions; give how many."""
    inside = [key for key, _, _, _ in _inside(cx, playbook, version_id)]
    return stop_runs(cx, inside, "a new version went live", now).runs if inside else 0


def restart_inside(cx: Connection, playbook: str, version_id: int, now: datetime) -> int:
    """End the runs of older versions, and let their customers begin the new one; give how many."""
    inside = [key for key, _, _, _ in _inside(cx, playbook, version_id)]
    if not inside:
        return 0
    stop_runs(cx, inside, "begun again on a new version", now)
    return cx.execute(
        text(
            "INSERT INTO run (playbook, version_id, customer_id, entry_key, status, mode, step,"
            ' advances, started_at, due_at, "trigger")'
            " SELECT playbook, :version, customer_id, entry_key || ' again ' || :version_text,"
            ' :active, mode, -1, 0, :now, :now, "trigger"'
            f" FROM run WHERE id {in_ids(cx)} ORDER BY id ON CONFLICT DO NOTHING",
        ).bindparams(id_list(cx, inside)),
        {
            "version": version_id,
            "version_text": str(version_id),
            "active": RunStatus.ACTIVE.value,
            "now": to_micros(now),
        },
    ).rowcount


def _inside(cx: Connection, playbook: str, version_id: int) -> list[tuple[int, int, int, object]]:
    """Hold and give (run, version, position, memory) of who is inside an older version."""
    lock = " FOR UPDATE" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    found = cx.execute(
        text(
            "SELECT id, version_id, step, memory FROM run WHERE playbook = :playbook"
            f" AND due_at IS NOT NULL AND version_id <> :version ORDER BY id{lock}",
        ),
        {"playbook": playbook, "version": version_id},
    )
    return [(key, old, step, memory) for key, old, step, memory in found]
