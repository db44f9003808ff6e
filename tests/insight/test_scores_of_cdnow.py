"""Scores of 2,357 real customers, against the same computed independently by DuckDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import text

from keepwarm.insight.scoring import compute_score
from keepwarm.schema.catalog import Attribute, Catalog, EventType, Score
from keepwarm.schema.conditions import FactKind
from keepwarm.store.customers import keys_of, put_customers
from keepwarm.store.database import Database
from keepwarm.store.importing import import_events
from keepwarm.store.scores import Orders, read_orders, write_scores

FILE = Path(__file__).parents[2] / "app" / "keepwarm" / "app" / "example" / "cdnow_sample.csv"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
AMOUNT = Attribute("dollars", FactKind.NUMBER, None)
CATALOG = Catalog(events={"bought": EventType("bought", {"dollars": AMOUNT}, None)})
VALUE = Score("lifetime_value", FactKind.NUMBER, "bought", None, amount="dollars")
SEGMENT = Score("rfm_segment", FactKind.CHOICE, "bought", None, amount="dollars")


@pytest.fixture
def shop(database: Database) -> Database:
    report = import_events(
        database, FILE, CATALOG, NOW, event="bought", columns={"ordered_on": "at"}
    )
    assert (report.new, report.customers_made, report.rows_refused) == (6919, 2357, 0)
    return database


@pytest.fixture
def independent() -> Iterator[duckdb.DuckDBPyConnection]:
    """The same, as DuckDB reads the file: one row a customer, with grades by quantiles."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            """
            CREATE TABLE per_customer AS
            SELECT customer_id, max(ordered_on) AS last, count(DISTINCT ordered_on) AS orders,
                   round(sum(dollars), 2) AS paid
            FROM read_csv(?, types={'customer_id': 'VARCHAR', 'dollars': 'DECIMAL(10, 2)'})
            GROUP BY customer_id
            """,
            [str(FILE)],
        )
        # A value's grade: how many of the four edges lie below it. An edge is the least value
        # with at least that share of customers at or below it.
        for name in ("last", "orders"):
            connection.execute(
                f"""
                CREATE TABLE {name}_edges AS
                SELECT min(value) AS edge FROM (
                    SELECT {name} AS value, cume_dist() OVER (ORDER BY {name}) AS share
                    FROM per_customer), (SELECT unnest([0.2, 0.4, 0.6, 0.8]) AS wanted)
                WHERE share >= wanted - 1e-12 GROUP BY wanted
                """
            )
        yield connection


def orders_of(db: Database, as_of: datetime = NOW) -> Orders:
    with db.reading() as cx:
        return read_orders(cx, "bought", "dollars", as_of)


def test_orders_are_counted_by_day_and_not_by_line(
    shop: Database, independent: duckdb.DuckDBPyConnection
) -> None:
    orders = orders_of(shop)
    expected = independent.sql("SELECT count(*), sum(orders), sum(paid) FROM per_customer")
    count, total, paid = expected.fetchall()[0]
    assert (count, total) == (2357, 6696)
    assert (len(orders.customer_ids), sum(orders.counts)) == (count, total)
    assert round(sum(orders.amounts), 2) == float(paid) == 244_091.94


def test_the_value_of_each_customer_agrees(
    shop: Database, independent: duckdb.DuckDBPyConnection
) -> None:
    orders = orders_of(shop)
    with shop.writing() as cx:
        write_scores(cx, VALUE.name, orders.customer_ids, compute_score(VALUE, orders), NOW)
        kept = cx.execute(
            text("SELECT c.external_id, s.number FROM score s JOIN customer c"
                 " ON c.id = s.customer_id WHERE s.name = 'lifetime_value'")
        )  # fmt: skip
        found = {name: float(number) for name, number in kept}
    expected = independent.sql("SELECT customer_id, paid FROM per_customer").fetchall()
    assert found == {name: float(paid) for name, paid in expected}


def test_the_segment_of_each_customer_agrees(
    shop: Database, independent: duckdb.DuckDBPyConnection
) -> None:
    orders = orders_of(shop)
    with shop.writing() as cx:
        write_scores(cx, SEGMENT.name, orders.customer_ids, compute_score(SEGMENT, orders), NOW)
        kept = cx.execute(
            text("SELECT c.external_id, s.word FROM score s JOIN customer c"
                 " ON c.id = s.customer_id WHERE s.name = 'rfm_segment'")
        )  # fmt: skip
        found = {name: str(word) for name, word in kept}
    expected = independent.sql(
        """
        SELECT customer_id, CASE
            WHEN r = 1 AND f = 1 THEN 'lost'
            WHEN r <= 2 AND f <= 2 THEN 'hibernating'
            WHEN r <= 2 AND f <= 4 THEN 'at_risk'
            WHEN r <= 2 THEN 'cant_lose_them'
            WHEN r = 3 AND f <= 2 THEN 'about_to_sleep'
            WHEN r = 3 AND f = 3 THEN 'need_attention'
            WHEN r = 5 AND f >= 4 THEN 'champions'
            WHEN f >= 4 THEN 'loyal'
            WHEN f >= 2 THEN 'potential_loyalists'
            WHEN r = 4 THEN 'promising'
            ELSE 'new_customers' END
        FROM (SELECT customer_id,
                     1 + (SELECT count(*) FROM last_edges WHERE edge < last) AS r,
                     1 + (SELECT count(*) FROM orders_edges WHERE edge < orders) AS f
              FROM per_customer)
        """
    ).fetchall()
    assert found == dict(expected)
    assert sum(Counter(found.values()).values()) == 2357
    assert len(set(found.values())) >= 8


def test_scores_are_as_of_a_fixed_moment(shop: Database) -> None:
    spring = orders_of(shop, datetime(1997, 3, 31, 23, 59, tzinfo=UTC))
    # All of the sample first bought in the first quarter of 1997.
    assert len(spring.customer_ids) == 2357
    assert max(spring.last_at) <= int(datetime(1997, 4, 1, tzinfo=UTC).timestamp() * 1e6)
    assert sum(spring.counts) < 6696
    assert len(orders_of(shop, datetime(1996, 12, 31, tzinfo=UTC)).customer_ids) == 0


def test_scores_are_of_exactly_those_who_ordered_and_are_there(shop: Database) -> None:
    orders = orders_of(shop)
    with shop.writing() as cx:
        write_scores(cx, VALUE.name, orders.customer_ids, compute_score(VALUE, orders), NOW)
        keys = keys_of(cx, ["00004", "00018"])
        cx.execute(text("UPDATE customer SET erased_at = 1 WHERE id = :id"), {"id": keys["00004"]})
        cx.execute(
            text("UPDATE customer SET merged_into = :other WHERE id = :id"),
            {"id": keys["00018"], "other": keys["00004"]},
        )
        put_customers(cx, [("never ordered", {})], NOW)
    orders = orders_of(shop)
    with shop.writing() as cx:
        count = write_scores(cx, VALUE.name, orders.customer_ids, compute_score(VALUE, orders), NOW)
        left = cx.execute(text("SELECT count(*) FROM score")).scalar_one()
    assert count == left == 2355


def test_without_an_amount_nobody_paid(shop: Database) -> None:
    with shop.reading() as cx:
        orders = read_orders(cx, "bought", None, NOW)
    assert set(orders.amounts) == {0.0}
    assert sum(orders.counts) == 6696


def test_a_score_that_keepwarm_does_not_compute_is_refused() -> None:
    with pytest.raises(ValueError, match="computes no score 'mood'"):
        compute_score(Score("mood", FactKind.NUMBER, "bought", None), Orders())
