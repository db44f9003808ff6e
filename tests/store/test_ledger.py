"""The ledger of a batch: one row a run, with the values that this run's checks saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from keepwarm.engine.advancing import Together
from keepwarm.engine.crowd import Position
from keepwarm.engine.run import Check, Course, Decision, Deed, Memory, Mode, RunStatus, Seen
from keepwarm.store.bulk import insert_rows
from keepwarm.store.database import Database
from keepwarm.store.explaining import runs_of
from keepwarm.store.ledger import append_decisions, note_decisions
from keepwarm.store.runs import DueRuns
from keepwarm.store.tables import RunRow, VersionRow

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(days=3)
MANY = 90


def test_many_who_saw_the_same_and_few_who_saw_something_else_each_keep_what_they_saw(
    database: Database,
) -> None:
    saw: list[tuple[Seen, ...]] = [("pro",)] * MANY + [("free",), (None,), ()]
    places = list(range(len(saw)))
    at = Position(RunStatus.ACTIVE, Mode.LIVE, 1, NOW, Memory())
    keys = [place + 1 for place in places]
    advances = [place % 3 for place in places]
    due = DueRuns(7, keys, keys, advances, [at] * len(saw), [{}] * len(saw))
    check = Check("plan", "is pro", held=True, line=4)
    decided = Decision(1, Deed.WAITS, "3 days", (check,))
    course = Course(
        RunStatus.ACTIVE, Mode.LIVE, 1, Memory(waits_until=UNTIL), UNTIL, (decided,), ()
    )
    with database.writing() as cx:
        columns = ("id", "playbook", "version_id", "customer_id", "entry_key", "status", "mode",
                   "step", "advances", "started_at")  # fmt: skip
        rows = [
            (key, "p", 7, key, "1", "active", "live", 1, number, NOW)
            for key, number in zip(keys, advances, strict=True)
        ]
        insert_rows(cx, RunRow, columns, rows)
        append_decisions(cx, 7, note_decisions(due, [Together(course, places, saw)]), NOW)
        found = cx.execute(text("SELECT run_id, number FROM decision ORDER BY run_id")).all()
        traces = cx.execute(text("SELECT count(*) FROM trace")).scalar_one()
        version = {"id": 7, "playbook": "p", "number": 1, "digest": "d", "commit": "", "files": {},
                   "made_at": NOW, "made_by": ""}  # fmt: skip
        insert_rows(cx, VersionRow, list(version), [list(version.values())])
        told = [runs_of(cx, key, None, 1)[0].decided for key in keys]
    assert [tuple(row) for row in found] == list(zip(keys, advances, strict=True))
    assert traces == 1
    assert [each[0].seen for each in told] == saw
    assert {(each[0].at, each[0].until, each[0].decisions) for each in told} == {
        (NOW, UNTIL, (decided,))
    }
