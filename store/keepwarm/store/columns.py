"""Reading by columns: thousands of rows as one list a column, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection

from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver

#: What a statement is given: a value, or many of which a column is one (`any_of`).
Given: TypeAlias = int | str | Sequence[int] | Sequence[str] | None
#: The columns of a query, in the order in which they were asked for.
Columns: TypeAlias = list[Sequence[Any]]


def read_columns(
    cx: Connection,
    columns: Sequence[str],
    source: str,
    *given: Given,
    objects: Sequence[str] = (),
) -> Columns:
    """Give the columns of a query, each a list in the order of the rows; empty ones for none."""
    return ask_columns(cx, columns, source, *given, objects=objects)()


def ask_columns(
    cx: Connection,
    columns: Sequence[str],
    source: str,
    *given: Given,
    objects: Sequence[str] = (),
) -> Callable[[], Columns]:
    """Ask for the columns of a query, and give what reads the answer.

    Reading it needs the database no more, so another thread may do it.

    `source` is the SQL from FROM on, in which `{mark}` stands for a given value and `{any}`, after
    a column, says that it is one of many. `columns` hold texts and whole numbers, `objects` hold
    JSON that is never null and is given as objects; they come last.

    SQLite gives each column as one JSON array: it then works without Python's lock from the first
    row to the last, while another thread computes. Row by row it would ask for the lock each time.
    """
    match dialect_of(cx):
        case Dialect.SQLITE:
            return partial(_read_arrays, _arrays(cx, columns, source, given, objects))
        case Dialect.POSTGRESQL:
            rows = _rows(cx, [*columns, *(_as_text(each) for each in objects)], source, given)
            return partial(_read_rows, rows, len(columns), len(objects))


#: The values that most rows share, of each row; those of rows that are alike are one tuple.
Shared: TypeAlias = Sequence[tuple[Any, ...]]


def read_mostly_alike(
    cx: Connection,
    own: Sequence[str],
    shared: Sequence[str],
    source: str,
    *given: Given,
    objects: Sequence[str] = (),
) -> tuple[Columns, Shared]:
    """Give the columns that are each row's own, and of each row the values that most share.

    The first of `own` is a key; where several rows have the same, it is all that is their own.
    """
    return ask_mostly_alike(cx, own, shared, source, *given, objects=objects)()


def ask_mostly_alike(
    cx: Connection,
    own: Sequence[str],
    shared: Sequence[str],
    source: str,
    *given: Given,
    objects: Sequence[str] = (),
) -> Callable[[], tuple[Columns, Shared]]:
    """Ask for the same, and give what reads the answer.

    SQLite need not write for each row what nearly all share: it is read of the first, and of those
    that are unlike it.
    """
    match dialect_of(cx):
        case Dialect.SQLITE:
            return _ask_mostly_alike(cx, own, shared, source, given, objects)
        case Dialect.POSTGRESQL:
            asked = ask_columns(cx, (*own, *shared), source, *given, objects=objects)
            return partial(_parted, asked, len(own), len(own) + len(shared))


def _parted(asked: Callable[[], Columns], own: int, rest: int) -> tuple[Columns, Shared]:
    found = asked()
    return found[:own] + found[rest:], [*zip(*found[own:rest], strict=True)]


def _ask_mostly_alike(
    cx: Connection,
    own: Sequence[str],
    shared: Sequence[str],
    source: str,
    given: Sequence[Given],
    objects: Sequence[str],
) -> Callable[[], tuple[Columns, Shared]]:
    names = [f"s{number}" for number in range(len(shared))]
    named = ", ".join(f"{column} AS {name}" for column, name in zip(shared, names, strict=True))
    within = f"FROM (SELECT {own[0]} AS key, {named} {source})"
    first = [*zip(*read_columns(cx, names, f"{within} LIMIT 1", *given), strict=True)]
    like = first[0] if first else ()
    marks = ", ".join(["{mark}"] * len(like))
    is_unlike = f"({', '.join(shared)}) IS NOT ({marks})" if like else "0"
    asked = _arrays(cx, (*own, is_unlike), source, (*like, *given), objects)
    are_unlike = orjson.loads(asked[len(own)])
    others: Callable[[], Columns] = list  # there are none
    if 1 in are_unlike:
        unlike = f"{within} WHERE ({', '.join(names)}) IS NOT ({marks})"
        others = ask_columns(cx, ("key", *names), unlike, *given, *like)

    def read() -> tuple[Columns, Shared]:
        columns = _read_arrays([*asked[: len(own)], *asked[len(own) + 1 :]])
        if 1 not in are_unlike:
            return columns, [like] * len(are_unlike)
        keys, *theirs = others()
        rows_of: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
        for key, *row in zip(keys, *theirs, strict=True):
            rows_of[key].append(tuple(row))
        each = zip(columns[0], are_unlike, strict=True)
        return columns, [rows_of[key].pop() if unlike else like for key, unlike in each]

    return read


def _arrays(
    cx: Connection,
    columns: Sequence[str],
    source: str,
    given: Sequence[Given],
    objects: Sequence[str],
) -> Sequence[str]:
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
    sql = f"SELECT {', '.join(arrays)} FROM ({rows})"
    found: Sequence[str] = sqlite_driver(cx).execute(sql, [*map(_bound, given)]).fetchone()
    return found


def _bound(given: Given) -> int | str | None:
    return given if isinstance(given, int | str | None) else orjson.dumps(given).decode()


def _read_arrays(arrays: Sequence[str]) -> Columns:
    return [orjson.loads(array) for array in arrays]


def _as_text(column: str) -> str:
    return f"CAST({column} AS TEXT)"


def _rows(
    cx: Connection, wanted: Sequence[str], source: str, given: Sequence[Given]
) -> list[tuple[Any, ...]]:
    sql = f"SELECT {', '.join(wanted)} {source}".format(mark="%s", any="= ANY(%s)")
    bound = [each if isinstance(each, int | str | None) else list(each) for each in given]
    return postgresql_driver(cx).execute(sql.encode(), bound).fetchall()


def _read_rows(rows: Sequence[tuple[Any, ...]], plain: int, objects: int) -> Columns:
    if not rows:
        return [[] for _ in range(plain + objects)]
    found: list[Sequence[Any]] = list(zip(*rows, strict=True))
    return found[:plain] + [[*map(orjson.loads, each)] for each in found[plain:]]
