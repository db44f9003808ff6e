"""How many rows PostgreSQL reads of tables that were filled at once and not analyzed yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from keepwarm.engine.plan import Needs
from keepwarm.engine.run import TasksWithdrawn
from keepwarm.store.claims import Claim
from keepwarm.store.database import Database
from keepwarm.store.effects import withdraw_tasks
from keepwarm.store.facts import read_customers
from keepwarm.store.intents import read_intents
from keepwarm.store.moments import to_micros
from keepwarm.store.planning import look_up_by_keys, take_stock
from keepwarm.store.runs import take_due

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MANY = 5_000
#: A hundred, and what the planner itself may look at.
FEW = 200
#: Of fewer, those of some customers are found as well among everybody's.
MANY_EVENTS = 20_000


@pytest.fixture
def filled(postgresql_database: Database) -> Iterator[Database]:
    """Give a database of which everybody entered, has a task, and has just logged in."""
    given = {
        "many": MANY,
        "events": MANY_EVENTS,
        "now": to_micros(NOW),
        "before": to_micros(NOW - timedelta(days=90)),
    }
    with postgresql_database.writing() as cx:
        # Autovacuum looks when it likes: what the planner knows here is what it is told here.
        for name in _LOOKED_AT_BY_CHANCE:
            cx.execute(text(f"ALTER TABLE {name} SET (autovacuum_enabled = false)"))
        # It is told that nobody logged in lately, and what it is not told of is not there yet.
        cx.execute(text(_LOGINS.format(at="before")), given)
        cx.execute(text("ANALYZE event"))
        cx.execute(text(_LOGINS.format(at="now")), given)
        cx.execute(text(_RUNS), given)
        cx.execute(text(_TASKS), given)
    yield postgresql_database
    with postgresql_database.writing() as cx:
        for name in _LOOKED_AT_BY_CHANCE:
            cx.execute(text(f"ALTER TABLE {name} RESET (autovacuum_enabled)"))


_LOOKED_AT_BY_CHANCE = ("event", "run", "task", "message", "customer")

_LOGINS = (
    "INSERT INTO event (customer_id, name, at, received_at, source, source_id, properties)"
    " SELECT n, 'logged_in', :{at}, :{at}, 'app', concat(:{at}, ' ', n), '{{}}'"
    " FROM generate_series(1, :events) AS n"
)
_RUNS = (
    "INSERT INTO run (playbook, version_id, customer_id, entry_key, status, mode, step, advances,"
    " started_at, due_at) SELECT 'p', 1, n, '', 'active', 'live', 1, 0, :now, :now"
    " FROM generate_series(1, :many) AS n"
)
_TASKS = (
    "INSERT INTO task (run_id, version_id, step, customer_id, playbook, title, assignee, outcomes,"
    " opened_at) SELECT n, 1, 1, n, 'p', 'Call', 'team', '[]', :now"
    " FROM generate_series(1, :many) AS n"
)


_CUSTOMERS = (
    "INSERT INTO customer (id, external_id, attributes, created_at, updated_at)"
    " SELECT n, concat('c', n), '{}', :now, :now FROM generate_series(1, :many) AS n"
)
_MESSAGES = (
    "INSERT INTO message (run_id, customer_id, version_id, playbook, step, part, channel, kind,"
    " queued_at, chunk_id, attempt) SELECT n, n, 1, 'p', 1, 0, 'email', 'marketing', :now,"
    " n / 100, 0 FROM generate_series(1, :many) AS n"
)


def rows_read(cx: Connection, table: str) -> int:
    """Count what this transaction has read of a table, by whatever way."""
    asked = text(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = :table"
    )
    return int(cx.execute(asked, {"table": table}).scalar_one())


def times_used(cx: Connection, index: str) -> int:
    """Count how often this transaction went into an index."""
    asked = text("SELECT pg_stat_get_xact_numscans(CAST(:index AS regclass))")
    return int(cx.execute(asked, {"index": index}).scalar_one())


def test_a_batch_reads_as_many_runs_as_it_takes(filled: Database) -> None:
    with filled.writing() as cx:
        [taken] = take_due(cx, "p", NOW, 100)
        assert len(taken.ids) == 100
        assert rows_read(cx, "run") < FEW
        # Whatever follows is planned as ever.
        ways = ("enable_bitmapscan", "enable_seqscan", "enable_sort")
        assert [cx.execute(text(f"SHOW {way}")).scalar_one() for way in ways] == ["on"] * 3


def test_the_latest_events_of_some_customers_are_read_and_nobody_elses(filled: Database) -> None:
    needs = Needs(events={"logged_in": timedelta(days=7)})
    with filled.writing() as cx:
        found = read_customers(cx, needs, range(1, 51), NOW)
        assert [len(facts.events["logged_in"]) for facts in found.values()] == [1] * 50
        assert times_used(cx, "ix_event_customer") > 0


def test_stock_is_taken_of_a_table_that_has_grown(filled: Database) -> None:
    with filled.reading() as cx:
        before = _believed(cx)
    take_stock(filled)
    with filled.writing() as cx:
        assert _believed(cx) == {**before, "task": MANY}  # 5,000 runs are few
        withdraw_tasks(cx, TasksWithdrawn(step=1, reason="paid"), range(1, 101), NOW)
        assert rows_read(cx, "task") < FEW
        cx.execute(text("DELETE FROM task WHERE id % 2 = 0"))
    take_stock(filled)  # which is no reason to look again
    with filled.reading() as cx:
        assert _believed(cx)["task"] == MANY


def _believed(cx: Connection) -> dict[str, float]:
    """Give how many rows the planner believes that tables have; -1 where it never looked."""
    rows = cx.execute(
        text(
            "SELECT relname, reltuples FROM pg_class WHERE oid = ANY(ARRAY['run', 'task',"
            " 'message']::regclass[])"
        )
    )
    return {row.relname: row.reltuples for row in rows}


def test_of_a_chunk_only_its_own_runs_and_customers_are_read(filled: Database) -> None:
    given = {"many": MANY, "now": to_micros(NOW)}
    with filled.writing() as cx:
        cx.execute(text(_CUSTOMERS), given)
        cx.execute(text(_MESSAGES), given)
        cx.execute(text("ANALYZE customer, run, message"))
    with filled.writing() as cx:
        look_up_by_keys(cx)
        assert len(read_intents(cx, Claim(7, "p", "email", 1, NOW))) == 100
        assert all(rows_read(cx, name) < FEW for name in ("message", "run", "customer"))
