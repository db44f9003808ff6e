"""Conditions as SQL: what a test shows better than a property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from keepwarm.engine.facts import moment_text
from keepwarm.schema.conditions import (
    AnyOf,
    Compare,
    Comparison,
    Condition,
    Contains,
    Direction,
    End,
    FactKind,
    Far,
    Happened,
    InLast,
    InSegment,
    InShare,
    MetricTotal,
    NoneOf,
    OneOf,
    Phrase,
    Test,
)
from keepwarm.schema.nodes import Span
from keepwarm.schema.phrases import Length, Unit
from keepwarm.store.bulk import insert_rows
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.database import Database
from keepwarm.store.event_sql import Look, over_everybody
from keepwarm.store.fact_sql import CUSTOMER
from keepwarm.store.tables import CustomerRow, EventRow

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MONTH = Length(30, Unit.DAY)
PEOPLE = 3_000


def says(fact: str, kind: FactKind, phrase: Phrase) -> Test:
    return Test(fact, kind, phrase, "", Span(1, 1, 1, 1))


QUIET = says("last_login_at", FactKind.MOMENT, Far(Direction.PAST, MONTH))
NEVER = says("login", FactKind.EVENT, Happened(0, 0, InLast(MONTH)))
TWICE = says("login", FactKind.EVENT, Happened(2, None, InLast(MONTH)))


@pytest.fixture
def people(database: Database) -> Database:
    """A database in which customer n came n days ago, and has spent n."""
    with database.writing() as cx:
        insert_rows(
            cx,
            CustomerRow,
            ("id", "external_id", "attributes", "created_at", "updated_at"),
            (
                (n, f"c{n}", {"last_login_at": moment_text(NOW - timedelta(days=n)), "spent": n / 4,
                              "name": f"Ünal {n}%"}, NOW, NOW)
                for n in range(PEOPLE)
            ),
        )  # fmt: skip
        insert_rows(
            cx,
            EventRow,
            ("customer_id", "name", "at", "received_at", "source", "source_id", "properties"),
            (
                (n, "login", NOW - timedelta(days=n), NOW, "test", str(n), {"minutes": 5})
                for n in range(PEOPLE)
            ),
        )
        cx.execute(text("ANALYZE"))
    return database


def count(db: Database, condition: Condition) -> int:
    with db.reading() as cx, over_everybody(cx):
        meets = condition_sql(condition, Look(db.dialect, NOW, "UTC"))
        return cx.execute(select(func.count()).select_from(CUSTOMER).where(meets)).scalar_one()


def test_counts_over_all_customers(people: Database) -> None:
    spent = says("spent", FactKind.NUMBER, Compare(Comparison.BELOW, Decimal(10)))
    assert count(people, spent) == 40
    assert count(people, QUIET) == PEOPLE - 31
    assert count(people, NEVER) == PEOPLE - 31
    assert count(people, TWICE) == 0
    assert count(people, NoneOf((NEVER, TWICE))) == 31
    assert count(people, AnyOf((NEVER, TWICE))) == PEOPLE - 31


@pytest.mark.parametrize(
    ("end", "share", "expected"),
    [(End.TOP, "0.1", 300), (End.BOTTOM, "0.5", 1500), (End.TOP, "0.0001", 1)],
)
def test_the_top_tenth_of_three_thousand_is_three_hundred(
    people: Database, end: End, share: str, expected: int
) -> None:
    assert count(people, says("spent", FactKind.NUMBER, InShare(end, Decimal(share)))) == expected


def test_signs_of_patterns_mean_themselves(people: Database) -> None:
    for sought, expected in (("üNAL 1%", 1), ("%", PEOPLE), ("_", 0), ("*", 0), ("[", 0), ("'", 0)):
        assert count(people, says("name", FactKind.TEXT, Contains(sought))) == expected


def test_values_are_bound_and_names_are_checked(people: Database) -> None:
    hostile = "' OR 1=1; DROP TABLE customer; --"
    assert count(people, says("name", FactKind.TEXT, OneOf((hostile,)))) == 0
    assert count(people, says(hostile, FactKind.EVENT, Happened(1, None))) == 0
    with pytest.raises(ValueError, match="not a name"):
        condition_sql(says(hostile, FactKind.TEXT, OneOf(("x",))), Look(people.dialect, NOW, "UTC"))


def test_a_condition_that_was_not_expanded_is_refused(people: Database) -> None:
    bare = MetricTotal(Comparison.IS, Decimal(1), MONTH)
    segment = says("big", FactKind.SEGMENT, InSegment(wanted=True))
    for test in (segment, says("minutes", FactKind.METRIC, bare)):
        with pytest.raises(ValueError, match=test.fact):
            condition_sql(test, Look(people.dialect, NOW, "UTC"))
