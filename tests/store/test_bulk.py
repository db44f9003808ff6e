from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from keepwarm.store.bulk import insert_rows, next_ids, table_of, update_rows
from keepwarm.store.database import Database
from keepwarm.store.tables import (
    CircuitRow,
    CustomerRow,
    DecisionRow,
    EventRow,
    HoldRow,
    MatchRow,
    VersionRow,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUSTOMER = ("external_id", "attributes", "created_at", "updated_at")


def customers(count: int, attributes: dict[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    return ((f"c{number}", attributes or {}, NOW, NOW) for number in range(count))


def everything(db: Database, sql: str) -> list[tuple[Any, ...]]:
    with db.reading() as cx:
        return [tuple(row) for row in cx.execute(text(sql))]


# Few rows and many take different ways into PostgreSQL.
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 6_000])
@pytest.mark.parametrize("on_conflict", [None, "skip"])
def test_rows_of_a_generator_are_all_written(
    database: Database, count: int, on_conflict: Any
) -> None:
    with database.writing() as cx:
        assert insert_rows(cx, CustomerRow, CUSTOMER, customers(count), on_conflict) == count
    assert everything(database, "SELECT count(*), count(DISTINCT external_id) FROM customer") == [
        (count, count)
    ]


@pytest.mark.parametrize("count", [5, 500])
def test_known_rows_are_skipped_and_not_counted(database: Database, count: int) -> None:
    with database.writing() as cx:
        insert_rows(cx, CustomerRow, CUSTOMER, customers(3))
        told = [*customers(count), *customers(1)]
        assert insert_rows(cx, CustomerRow, CUSTOMER, told, "skip") == count - 3
        assert insert_rows(cx, CustomerRow, CUSTOMER, told, "skip") == 0


@pytest.mark.parametrize("count", [5, 500])
def test_without_skip_a_known_row_stops_everything(database: Database, count: int) -> None:
    with database.writing() as cx:
        insert_rows(cx, CustomerRow, CUSTOMER, customers(1))
    with pytest.raises(Exception, match=r"(?i)unique"), database.writing() as cx:
        insert_rows(cx, CustomerRow, CUSTOMER, reversed(list(customers(count))))
    assert everything(database, "SELECT count(*) FROM customer") == [(1,)]


@pytest.mark.parametrize("count", [1, 200])
def test_values_come_back_as_they_went(database: Database, count: int) -> None:
    attributes = {
        "words": 'tab\t "quote" \\N \\ é 日本 🎉',
        "tags": ["a", "b"],
        "n": 1.5,
        "y": True,
    }
    with database.writing() as cx:
        insert_rows(cx, CustomerRow, CUSTOMER, customers(count, attributes), "skip")
        rows: list[tuple[Any, ...]] = [
            (f"e{n}", "at\\t\n'", 1, f"e{n}", {}, NOW, "") for n in range(count)
        ]
        columns = ("playbook", "commit", "number", "digest", "files", "made_at", "made_by")
        insert_rows(cx, VersionRow, columns, rows)
    with database.reading() as cx:
        kept = cx.execute(table_of(CustomerRow).select().limit(1)).one()
        commit = cx.execute(text('SELECT DISTINCT "commit" FROM version')).scalar_one()
    assert kept.attributes == attributes
    assert kept.created_at == NOW
    assert kept.email is None
    assert commit == "at\\t\n'"


def test_the_character_that_postgresql_refuses_is_replaced_in_json(database: Database) -> None:
    sly = {"na\0me": ["a\0b", {"deep": "\0"}], "plain": "\\u0000"}
    with database.writing() as cx:
        insert_rows(cx, CustomerRow, CUSTOMER, customers(1, sly))
    with database.reading() as cx:
        kept = cx.execute(table_of(CustomerRow).select()).one()
    assert kept.attributes == {
        "na\N{REPLACEMENT CHARACTER}me": [
            "a\N{REPLACEMENT CHARACTER}b",
            {"deep": "\N{REPLACEMENT CHARACTER}"},
        ],
        "plain": "\\u0000",
    }


# In SQLite, blocks of rows and the rows left over are different statements.
@pytest.mark.parametrize("count", [3, 251])
@pytest.mark.parametrize("on_conflict", [None, "skip"])
def test_what_all_rows_share_is_given_once(
    database: Database, count: int, on_conflict: Any
) -> None:
    with database.writing() as cx:
        told = [(f"p{number}", f"because {number}") for number in range(count)]
        alike = {"kind": "pause", "since": 5, "by": "ann"}
        columns = ("playbook", "reason")
        assert insert_rows(cx, HoldRow, columns, told, on_conflict, shared=alike) == count
    found = everything(database, "SELECT playbook, reason, kind, since, by FROM hold")
    assert sorted(found) == sorted((*each, "pause", 5, "ann") for each in told)


def test_no_json_is_a_null_of_the_database(database: Database) -> None:
    with database.writing() as cx:
        row = (1, 1, NOW, 1, None)
        columns = ("run_id", "number", "at", "trace_id", "seen")
        insert_rows(cx, DecisionRow, columns, [row])
    assert everything(database, "SELECT count(*) FROM decision WHERE seen IS NULL") == [(1,)]


@pytest.mark.parametrize("count", [1, 5_001])
def test_rows_are_changed_by_their_keys(database: Database, count: int) -> None:
    later = NOW + timedelta(days=1)
    with database.writing() as cx:
        insert_rows(cx, CustomerRow, CUSTOMER, customers(count + 1))
        rows = [(f"c{n}", f"{n}@example.com", {"n": n}, later) for n in range(count)]
        columns = ["email", "attributes", "updated_at"]
        assert update_rows(cx, CustomerRow, ["external_id"], columns, rows) == count
        assert update_rows(cx, CustomerRow, ["external_id"], ["email"], [("nobody", None)]) == 0
    with database.reading() as cx:
        kept = cx.execute(table_of(CustomerRow).select().order_by(text("id"))).all()
    assert [row.email for row in kept] == [f"{n}@example.com" for n in range(count)] + [None]
    assert kept[0].attributes == {"n": 0}
    assert kept[0].updated_at == later
    assert kept[-1].updated_at == NOW


def test_a_key_may_be_several_columns(database: Database) -> None:
    with database.writing() as cx:
        insert_rows(cx, MatchRow, ("playbook", "customer_id"), [("a", 1), ("a", 2), ("b", 1)])
        update_rows(cx, MatchRow, ["playbook", "customer_id"], ["playbook"], [("a", 1, "c")])
    found = everything(database, "SELECT playbook, customer_id FROM match ORDER BY 1, 2")
    assert found == [("a", 2), ("b", 1), ("c", 1)]


def test_keys_are_given_ahead_and_never_twice(database: Database) -> None:
    columns = ("id", "customer_id", "name", "at", "received_at", "source", "source_id",
               "properties")  # fmt: skip
    given: list[int] = []
    for count in (3, 0, 1, 1_000):
        with database.writing() as cx:
            ids = next_ids(cx, EventRow, count)
            rows: list[tuple[Any, ...]] = [
                (key, 1, "x", NOW, NOW, "test", str(key), {}) for key in ids
            ]
            insert_rows(cx, EventRow, columns, rows)
            given.extend(ids)
    assert given == sorted(set(given))
    assert len(given) == 1_004
    with database.writing() as cx:  # the database's own keys go on after them
        insert_rows(cx, EventRow, columns[1:], [(1, "x", NOW, NOW, "test", "own", {})])
    assert everything(database, "SELECT max(id) FROM event") == [(given[-1] + 1,)]


def test_bulk_and_plain_statements_share_one_transaction(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as cx:
            cx.execute(
                text(
                    "INSERT INTO circuit (connector, since, try_at, reason) VALUES ('a', 0, 0, '')"
                )
            )
            insert_rows(
                cx, CircuitRow, ("connector", "since", "try_at", "reason"), [("b", NOW, NOW, "")]
            )
            assert cx.execute(text("SELECT count(*) FROM circuit")).scalar_one() == 2
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert everything(database, "SELECT count(*) FROM circuit") == [(0,)]
