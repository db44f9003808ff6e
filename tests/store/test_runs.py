"""Runs that are due, as they are taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from keepwarm.engine.run import Memory, Mode, RunStatus
from keepwarm.store.bulk import insert_rows
from keepwarm.store.database import Database
from keepwarm.store.moments import to_micros
from keepwarm.store.runs import take_due
from keepwarm.store.tables import RunRow

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
WAITS = {"waits_until": to_micros(NOW)}


def test_each_run_is_taken_as_it_stands_whatever_the_first_of_them_is_like(
    database: Database,
) -> None:
    columns = ("id", "customer_id", "version_id", "advances", "trigger", "memory", "due_at")
    rows = [
        (1, 11, 7, 2, None, WAITS, NOW),
        (2, 12, 7, 2, None, WAITS, NOW),
        (3, 13, 7, 2, None, None, NOW),
        (4, 11, 7, 3, {"invoice": "A"}, WAITS, NOW),
        (5, 15, 8, 2, None, WAITS, NOW),
        (6, 16, 7, 2, None, WAITS, NOW + timedelta(seconds=1)),
        (7, 17, 7, 2, {}, WAITS, NOW - timedelta(days=1)),
    ]
    shared = {"playbook": "p", "status": "active", "mode": "live", "step": 1, "started_at": NOW}
    with database.writing() as cx:
        insert_rows(
            cx,
            RunRow,
            (*columns, "entry_key", *shared),
            [(*row, str(row[0]), *shared.values()) for row in rows],
        )
        assert take_due(cx, "another", NOW, 10) == []
        old, new = take_due(cx, "p", NOW, 10)
        assert [list(run.ids) for run in take_due(cx, "p", NOW, 2)] == [[7, 1]]
    assert (old.version_id, list(old.ids), list(old.customer_ids)) == (
        7, [7, 1, 2, 3, 4], [17, 11, 12, 13, 11],
    )  # fmt: skip
    assert old.advances == [2, 2, 2, 2, 3]
    assert old.triggers == [{}, {}, {}, {}, {"invoice": "A"}]
    memories = [at.memory for at in old.positions]
    assert memories == [Memory(waits_until=NOW)] * 3 + [Memory(), Memory(waits_until=NOW)]
    assert {(at.status, at.mode, at.step, at.started_at) for at in old.positions} == {
        (RunStatus.ACTIVE, Mode.LIVE, 1, NOW)
    }
    assert len(old.stands()) == 2
    assert (new.version_id, list(new.ids), list(new.customer_ids)) == (8, [5], [15])
