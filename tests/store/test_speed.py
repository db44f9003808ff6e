"""Figures, printed: `python -m pytest -m long tests/store/test_speed.py -s`.

On a machine that does other things too, compare them within one run: the first is what the
driver does with a bare table.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keepwarm.insight.scoring import compute_score
from keepwarm.schema.catalog import Attribute, Catalog, EventType, Score
from keepwarm.schema.conditions import FactKind
from keepwarm.store.bulk import insert_rows, update_rows
from keepwarm.store.database import Database, Dialect, postgresql_driver, sqlite_driver
from keepwarm.store.importing import Imported, import_customers, import_events
from keepwarm.store.scores import read_orders, write_scores
from keepwarm.store.tables import TaskRow

pytestmark = pytest.mark.long

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CATALOG = Catalog(
    events={
        "ordered": EventType(
            "ordered",
            {
                "amount": Attribute("amount", FactKind.NUMBER, None),
                "product": Attribute("product", FactKind.TEXT, None),
            },
            None,
        )
    }
)


def measured(db: Database, what: str, count: int, deed: Callable[[], Any]) -> Any:
    """Do something, and print how many rows a second it did."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = deed()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"\n{db.dialect:11} {what:32} {count / wall:10,.0f}/s  {cpu / wall:4.0%} of a core", end=""
    )
    return result


# ── Bulk ─────────────────────────────────────────────────────────────────────────────────────

COLUMNS = ("run_id", "version_id", "step", "customer_id", "playbook", "title", "assignee",
           "outcomes", "opened_at", "due_at")  # fmt: skip


def tasks(count: int) -> Iterator[tuple[Any, ...]]:
    return (
        (number, 1, 1, number, "rescue", "Call", "team", ["saved", "lost"], NOW, NOW)
        for number in range(count)
    )


def test_bulk_writes_of_ten_columns(database: Database) -> None:
    count = 200_000

    def write(on_conflict: Any = None) -> int:
        with database.writing() as cx:
            return insert_rows(cx, TaskRow, COLUMNS, tasks(count), on_conflict)

    def change() -> int:
        rows = ((number, 1, "Ann", NOW) for number in range(count))
        with database.writing() as cx:
            return update_rows(cx, TaskRow, ["run_id", "step"], ["assignee", "done_at"], rows)

    measured(database, "driver, bare table", count, lambda: bare(database, count))
    assert measured(database, "insert_rows", count, write) == count
    assert measured(database, "insert_rows skip, all known", count, lambda: write("skip")) == 0
    assert measured(database, "update_rows, two columns", count, change) == count


def bare(db: Database, count: int) -> None:
    """What the driver itself does with ten columns of texts and numbers, without an index."""
    rows = ((n, 1, 1, n, "rescue", "Call", "team", "[]", 1, 1) for n in range(count))
    with db.writing() as cx:
        cx.exec_driver_sql("CREATE TABLE bare (a int, b int, c int, d int, e text, f text, g text,"
                           " h text, i bigint, j bigint)")  # fmt: skip
        match db.dialect:
            case Dialect.SQLITE:
                sqlite_driver(cx).executemany(f"INSERT INTO bare VALUES ({'?, ' * 9}?)", rows)
            case Dialect.POSTGRESQL:
                cursor = postgresql_driver(cx).cursor()
                with cursor.copy("COPY bare FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)


# ── A million events ─────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million orders of 100,000 customers over a year, by time."""
    path = tmp_path_factory.mktemp("million") / "orders.csv"
    draw = random.Random(7)
    minutes = sorted(draw.randrange(525_600) for _ in range(1_000_000))
    with path.open("w") as file:
        file.write("customer_id,at,amount,product\n")
        for minute in minutes:
            day, rest = divmod(minute, 1440)
            month, date = divmod(day, 31)
            file.write(
                f"c{draw.randrange(100_000)},2025-{1 + month:02}-{1 + date % 28:02}"
                f"T{rest // 60:02}:{rest % 60:02}:00Z,{draw.randrange(10_000) / 100},"
                f"thing{draw.randrange(100)}\n"
            )
    return path


def test_a_million_events_and_their_scores(database: Database, million: Path) -> None:
    def bring(path: Path) -> Imported:
        return import_events(database, path, CATALOG, NOW, event="ordered")

    report = measured(database, "import events", 1_000_000, lambda: bring(million))
    assert (report.rows_refused, report.new) == (0, 1_000_000)
    path = million.with_name("copy.csv")
    path.write_bytes(million.read_bytes() + b"\n")
    again = measured(database, "import events, all known", 1_000_000, lambda: bring(path))
    assert again.new == 0

    score = Score("rfm_segment", FactKind.CHOICE, "ordered", None, amount="amount")

    def scored() -> int:
        with database.reading() as cx:
            orders = read_orders(cx, "ordered", "amount", NOW)
        values = compute_score(score, orders)
        with database.writing() as cx:
            return write_scores(cx, score.name, orders.customer_ids, values, NOW)

    assert measured(database, "rfm_segment, customers", 100_000, scored) > 99_000


def test_a_hundred_thousand_customers(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    with path.open("w") as file:
        file.write("customer_id,email,phone,timezone,email_consent\n")
        for number in range(100_000):
            file.write(
                f"c{number},user{number}@example.com,+1555{number:07},Europe/Amsterdam,yes\n"
            )
    report = measured(database, "import customers", 100_000,
                      lambda: import_customers(database, path, CATALOG, NOW))  # fmt: skip
    assert report.new == 100_000
