"""Reading by columns: thousands of rows as one list a column, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection

from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver

#: What a statement is given: a value, or many of which a column is one (`any_of`).
Given: TypeAlias = int | str | Sequence[int] | Sequence[str]


def read_columns(
    cx: Connection,
    columns: Sequence[str],
    source: str,
    *given: Given,
    objects: Sequence[str] = (),
) -> list[Sequence[Any]]:
    """Give the columns of a query, each a list in the order of the rows; empty ones for none.

    `source` is the SQL from FROM on, in which `{mark}` stands for a given value and `{any}`, after
    a column, says that it is one of many. `columns` hold texts and whole numbers, `objects` hold
    JSON that is never null and is given as objects; they come last.

    SQLite gives each column as one JSON array: it then works without Python's lock from the first
    row to the last, while another thread computes. Row by row it would ask for the lock each time.
    """
    match dialect_of(cx):
        case Dialect.SQLITE:
            return _as_arrays(cx, columns, source, given, objects)
        case Dialect.POSTGRESQL:
            return _as_rows(cx, columns, source, given, objects)


def _as_arrays(
    cx: Connection,
    columns: Sequence[str],
    source: str,
    given: Sequence[Given],
    objects: Sequence[str],
) -> list[Sequence[Any]]:
    named = [f"{column} AS c{number}" for number, column in enumerate((*columns, *objects))]
    arrays = [f"json_group_array(c{number})" for number in range(len(columns))]
    # They are JSON already.
    arrays += [
        f"'[' || coalesce(group_concat(c{number}), '') || ']'"
        for number in range(len(columns), len(named))
    ]
    rows = f"SELECT {', '.join(named)} {source}".format(
        mark="?", any="IN (SELECT value FROM json_each(?))"
    )
    bound = [each if isinstance(each, int | str) else orjson.dumps(each).decode() for each in given]
    sql = f"SELECT {', '.join(arrays)} FROM ({rows})"
    return [orjson.loads(array) for array in sqlite_driver(cx).execute(sql, bound).fetchone()]


def _as_rows(
    cx: Connection,
    columns: Sequence[str],
    source: str,
    given: Sequence[Given],
    objects: Sequence[str],
) -> list[Sequence[Any]]:
    wanted = [*columns, *(f"CAST({column} AS TEXT)" for column in objects)]
    sql = f"SELECT {', '.join(wanted)} {source}".format(mark="%s", any="= ANY(%s)")
    bound = [each if isinstance(each, int | str) else list(each) for each in given]
    rows = postgresql_driver(cx).execute(sql.encode(), bound).fetchall()
    if not rows:
        return [[] for _ in wanted]
    found: list[Sequence[Any]] = list(zip(*rows, strict=True))
    return found[: len(columns)] + [[*map(orjson.loads, each)] for each in found[len(columns) :]]
