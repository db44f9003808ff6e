from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import text

from keepwarm.insight.parquet import ParquetRefused, open_parquet
from keepwarm.schema.catalog import Attribute, Catalog, EventType
from keepwarm.schema.conditions import FactKind
from keepwarm.store.database import Database
from keepwarm.store.importing import import_events

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CATALOG = Catalog(
    events={
        "ordered": EventType(
            "ordered",
            {
                "amount": Attribute("amount", FactKind.NUMBER, None),
                "labels": Attribute("labels", FactKind.TAGS, None),
                "due": Attribute("due", FactKind.DATE, None),
            },
            None,
        )
    }
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            f"""
            COPY (SELECT 'c' || i % 7 AS customer_id,
                         TIMESTAMPTZ '2026-01-01 08:00:00+00' + i * INTERVAL 1 HOUR AS at,
                         CAST(i AS DECIMAL(10, 2)) / 4 AS amount, DATE '2026-05-01' AS due,
                         CASE WHEN i % 2 = 0 THEN ['a', 'b'] END AS labels
                  FROM range(25000) t(i) ORDER BY i) TO '{path}' (FORMAT parquet)
            """
        )
    return path


def test_rows_come_with_their_columns_and_their_progress(path: Path) -> None:
    with open_parquet(path) as source:
        assert source.columns == ("customer_id", "at", "amount", "due", "labels")
        assert source.bytes_done() == 0
        rows = list(source)
        assert source.bytes_done() == path.stat().st_size
    assert len(rows) == 25_000
    assert (rows[0].line, rows[-1].line) == (1, 25_000)
    assert rows[1].values["labels"] == ""


def test_a_parquet_file_is_imported_like_any_other(database: Database, path: Path) -> None:
    report = import_events(database, path, CATALOG, NOW, event="ordered", opens=open_parquet)
    assert (report.new, report.customers_made, report.rows_refused) == (25_000, 7, 0)
    with database.reading() as cx:
        [(count, first, paid, due)] = cx.execute(
            text("SELECT count(*), min(at), sum(CAST(properties ->> 'amount' AS FLOAT)),"
                 " max(properties ->> 'due') FROM event")
        )  # fmt: skip
    assert (count, due) == (25_000, "2026-05-01")
    assert first == int(datetime(2026, 1, 1, 8, tzinfo=UTC).timestamp() * 1e6)
    assert paid == sum(range(25_000)) / 4


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.parquet"
    path.write_text("Dear customer")
    with pytest.raises(ParquetRefused, match="cannot be read as Parquet"), open_parquet(path):
        pass
