"""Reading by columns gives what both databases hold, whatever is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from keepwarm.store.bulk import insert_rows
from keepwarm.store.columns import read_columns, read_mostly_alike
from keepwarm.store.database import Database
from keepwarm.store.tables import CustomerRow

NOW = datetime(2026, 3, 2, tzinfo=UTC)
COLUMNS = ("id", "external_id", "email", "attributes", "created_at", "updated_at")
WORDS = 'a "quoted" \\ back\nslash \N{SNOWMAN} \N{GRINNING FACE} \x07'
LARGEST = 2**63 - 1


def test_columns_come_back_as_they_were_written(database: Database) -> None:
    told = {"words": WORDS, "many": [1, 2.5, None, {"deep": True}]}
    rows = [
        (1, WORDS, None, told, NOW, NOW),
        (2, "b", "b@example.com", {}, NOW, NOW),
        (LARGEST, "c", "", {"n": 0.1}, NOW, NOW),
    ]
    with database.writing() as cx:
        insert_rows(cx, CustomerRow, COLUMNS, rows)
    with database.reading() as cx:
        found = read_columns(
            cx,
            ("id", "external_id", "email"),
            "FROM customer WHERE id {any} AND external_id <> {mark} ORDER BY id",
            [LARGEST, 1, 2, 3],
            "nobody",
            objects=("attributes",),
        )
    assert [list(each) for each in found] == [
        [1, 2, LARGEST],
        [WORDS, "b", "c"],
        [None, "b@example.com", ""],
        [told, {}, {"n": 0.1}],
    ]


def test_no_row_gives_empty_columns(database: Database) -> None:
    with database.reading() as cx:
        found = read_columns(
            cx, ("id", "email"), "FROM customer WHERE id {any}", [1], objects=("attributes",)
        )
    assert [list(each) for each in found] == [[], [], []]


GIVEN = "(CAST({mark} AS BIGINT), CAST({mark} AS TEXT), CAST({mark} AS BIGINT))"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(7, "a", 1)],
        [(1, "a", 1), (2, "a", 1), (3, "a", 1)],
        [(1, None, None), (2, None, None), (3, "null", None)],
        [(1, "a", None), (2, "b", 2), (3, "a", None), (4, WORDS, 2), (5, "a", LARGEST)],
        [(3, "a", 1), (2, None, 1), (1, "a", None)],
    ],
)
def test_what_most_rows_share_is_told_of_each(
    database: Database, rows: list[tuple[Any, ...]]
) -> None:
    given = [value for row in rows or [(0, "", 0)] for value in row]
    source = (
        f"FROM (VALUES {', '.join([GIVEN] * (len(given) // 3))}) AS given"
        " WHERE column1 > {mark} ORDER BY column1 LIMIT {mark}"
    )
    with database.reading() as cx:
        (keys, texts), shared = read_mostly_alike(
            cx, ("column1", "column2"), ("column2", "column3"), source, *given, 0, 100
        )
    told = [(key, word, *its) for key, word, its in zip(keys, texts, shared, strict=True)]
    assert told == [(key, word, word, number) for key, word, number in sorted(rows)]


def test_rows_of_one_key_keep_what_each_shares(database: Database) -> None:
    given: list[Any] = [
        7,
        "sending",
        1,
        7,
        "sent",
        2,
        8,
        "sent",
        2,
        8,
        "sending",
        1,
        9,
        "sending",
        1,
    ]
    source = f"FROM (VALUES {', '.join([GIVEN] * 5)}) AS given"
    with database.reading() as cx:
        (keys,), shared = read_mostly_alike(
            cx, ("column1",), ("column2", "column3"), source, *given
        )
    told = sorted((key, *its) for key, its in zip(keys, shared, strict=True))
    assert told == sorted(zip(given[::3], given[1::3], given[2::3], strict=True))
