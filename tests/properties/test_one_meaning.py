"""The same condition means the same in SQL over all customers and in memory for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from keepwarm.engine.conditions import Situation, holds, needs
from keepwarm.engine.facts import Facts
from keepwarm.schema.conditions import Condition
from keepwarm.store.bulk import insert_rows
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.database import Database, open_database
from keepwarm.store.event_sql import Look
from keepwarm.store.fact_sql import CUSTOMER
from keepwarm.store.facts import read_customers
from keepwarm.store.tables import CustomerRow, EventRow, ScoreRow
from tests.properties.worlds import EVENTS, World, world_of
from tests.store.databases import postgresql_source, sqlite_source

MANY = settings(max_examples=40)
SEEDS = st.integers(0, 2**48)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("meaning")
    with sqlite_source(folder).url(folder) as url:
        db = open_database(url)
        yield db
        db.close()


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("meaning")
    with postgresql_source() as source, source.url(folder) as url:
        db = open_database(url)
        yield db
        db.close()


@given(seed=SEEDS)
@MANY
def test_a_condition_means_the_same_in_memory_and_in_sqlite(sqlite: Database, seed: int) -> None:
    assert_one_meaning(sqlite, world_of(seed))


@pytest.mark.postgres
@given(seed=SEEDS)
@MANY
def test_a_condition_means_the_same_in_memory_and_in_postgresql(
    postgresql: Database, seed: int
) -> None:
    assert_one_meaning(postgresql, world_of(seed))


def assert_one_meaning(db: Database, world: World) -> None:
    """Ask each condition in SQL, of what the store reads, and of what the world knows."""
    known = {number: world.facts(c) for number, c in enumerate(world.customers, start=1)}
    with db.writing(durable=False) as cx:
        store(cx, world)
        look = Look(db.dialect, world.now, world.zone, world.started_at)
        asked = replace(needs(world.conditions), since_start=frozenset())
        # What is asked since the start is read from ever here: a customer outside any run has none.
        events = {**asked.events, **dict.fromkeys(EVENTS)}
        read = read_customers(cx, replace(asked, events=events), list(known), world.now)
        for condition in world.conditions:
            rows = cx.execute(select(CUSTOMER.c.id).where(condition_sql(condition, look)))
            found = set(rows.scalars())
            meant = who_matches(world, condition, known)
            assert found == meant, (condition, [world.customers[n - 1] for n in found ^ meant])
            assert who_matches(world, condition, read) == meant, condition
        cx.rollback()


def who_matches(world: World, condition: Condition, known: Mapping[int, Facts]) -> set[int]:
    return {n for n, facts in known.items() if holds(condition, situation(world, facts))}


def situation(world: World, facts: Facts) -> Situation:
    return Situation(facts, world.now, world.started_at, {}, world.zone)


def store(cx: Connection, world: World) -> None:
    """Write a world's customers, numbered from 1."""
    numbered = list(enumerate(world.customers, start=1))
    insert_rows(
        cx,
        CustomerRow,
        ["id", "external_id", "email", "attributes", "created_at", "updated_at", "merged_into"],
        [
            (
                number,
                f"c{number}",
                c.attributes.get("email"),
                {k: v for k, v in c.attributes.items() if k != "email"},
                world.now,
                world.now,
                1 if c.merged else None,
            )
            for number, c in numbered
        ],
    )
    insert_rows(
        cx,
        EventRow,
        ["customer_id", "name", "at", "received_at", "source", "source_id", "properties"],
        [
            (number, name, at, at, "test", f"{number}-{index}", properties)
            for number, c in numbered
            for index, (name, at, properties) in enumerate(c.events)
        ],
    )
    insert_rows(
        cx,
        ScoreRow,
        ["customer_id", "name", "number", "word", "as_of"],
        [
            (
                number,
                name,
                None if isinstance(value, str) else value,
                value if isinstance(value, str) else None,
                world.now,
            )
            for number, c in numbered
            for name, value in c.scores.items()
        ],
    )
