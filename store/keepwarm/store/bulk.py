"""Rows by the thousand: written through the driver, in the caller's transaction.

Ten to thirty times faster than rows as objects. Rows are tuples in the order of `columns`, with
moments as datetimes or as microseconds, and JSON columns as plain values (a dict, a list).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, Literal, TypeAlias, cast
from zlib import crc32

import orjson
from sqlalchemy import BindParameter, Column, Connection, Table, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import JSON

from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import Moment, Row

#: A row's values, in the order of the columns that go with it.
Values: TypeAlias = Sequence[Any]

_NOTHING: Final[Mapping[str, Any]] = {}

#: Below this, one statement a row in a pipeline beats preparing a bulk load.
_FEW: Final = 100
#: How many rows one statement inserts in SQLite, which takes 32,766 values.
_BLOCK: Final = 250
#: How many rows an update sends at once.
_CHUNK: Final = 5_000


def insert_rows(
    cx: Connection,
    table: type[Row],
    columns: Sequence[str],
    rows: Iterable[Values],
    on_conflict: Literal["skip"] | None = None,
    *,
    is_encoded: bool = False,
    shared: Mapping[str, Any] = _NOTHING,
) -> int:
    """Append rows, and give how many are new.

    `on_conflict="skip"` leaves out those that any unique key knows already; otherwise such a row
    is an IntegrityError of the driver and nothing is written. Rows may be a generator: it is read
    as it is written. `is_encoded` says that JSON is text and moments are microseconds already,
    which saves a microsecond a row. `shared` are columns, as the driver takes them, that have one
    value in all rows.
    """
    encoded = iter(rows) if is_encoded else encode(table, columns, rows)
    into = f"{_name(cx, table)} ({_names(cx, [*shared, *columns])})"
    unless_known = " ON CONFLICT DO NOTHING" if on_conflict else ""
    alike = tuple(shared.values())
    match dialect_of(cx):
        case Dialect.SQLITE:
            return _insert_blocks(cx, into, alike, len(columns), encoded, unless_known)
        case Dialect.POSTGRESQL:
            columns = [*shared, *columns]
            encoded = ((*alike, *row) for row in encoded) if alike else encoded
            first = list(islice(encoded, _FEW))
            if len(first) < _FEW:
                marks = ", ".join(["%s"] * len(columns))
                sql = f"INSERT INTO {into} VALUES ({marks}){unless_known}"
                return _change_many(cx, sql, first) if first else 0
            if not on_conflict:
                return copy_rows(cx, into, chain(first, encoded))
            return _copy_new(cx, table, columns, chain(first, encoded))


def update_rows(
    cx: Connection,
    table: type[Row],
    key: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[Values],
) -> int:
    """Set columns of rows found by key, and give how many were found.

    A row's values are those of the key, then those of the columns. A key may come once a call.
    """
    encoded = encode(table, [*key, *columns], rows)
    match dialect_of(cx):
        case Dialect.SQLITE:
            sets = ", ".join(
                f"{_quoted(cx, column)} = ?{number}"
                for number, column in enumerate(columns, len(key) + 1)
            )
            same = " AND ".join(
                f"{_quoted(cx, column)} = ?{number}" for number, column in enumerate(key, 1)
            )
            return _change_many(cx, f"UPDATE {_name(cx, table)} SET {sets} WHERE {same}", encoded)
        case Dialect.POSTGRESQL:
            sql = _update_from_arrays(cx, table, key, columns)
            cursor = postgresql_driver(cx).cursor()
            found = 0
            while chunk := list(islice(encoded, _CHUNK)):
                found += cursor.execute(
                    sql, [list(each) for each in zip(*chunk, strict=True)]
                ).rowcount
            return found


def next_ids(cx: Connection, table: type[Row], count: int) -> Sequence[int]:
    """Give keys for rows that are about to be written, ascending.

    In SQLite they follow the last row, so insert before asking again; the writer's lock keeps
    others out meanwhile. In PostgreSQL they come from the table's sequence, without gaps unless
    somebody else took some at the same moment.
    """
    if count < 1:
        return range(0)
    name = _name(cx, table)
    match dialect_of(cx):
        case Dialect.SQLITE:
            found = sqlite_driver(cx).execute(f"SELECT max(id) FROM {name}").fetchone()
            last = cast("int", found[0] or 0)
            return range(last + 1, last + 1 + count)
        case Dialect.POSTGRESQL:
            sql = (
                "SELECT array_agg(nextval(s)) FROM"
                " (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s) AS its,"
                " generate_series(1, %s)"
            )
            row = postgresql_driver(cx).execute(sql, (name, count)).fetchone()
            ids = cast("list[int]", row[0]) if row else []
            is_unbroken = ids[-1] - ids[0] + 1 == count
            return range(ids[0], ids[-1] + 1) if is_unbroken else ids


def copy_rows(cx: Connection, into: str, rows: Iterable[Values]) -> int:
    """Append rows to `name (columns)` of PostgreSQL as fast as it takes them."""
    cursor = postgresql_driver(cx).cursor()
    with cursor.copy(f"COPY {into} FROM STDIN") as copy:
        write = copy.write_row
        for row in rows:
            write(row)
    return cursor.rowcount


def encode(table: type[Row], columns: Sequence[str], rows: Iterable[Values]) -> Iterator[Values]:
    """Give the rows as the drivers take them: JSON as text, moments as microseconds."""
    known = table_of(table).columns
    encoders = [
        (index, encoder)
        for index, column in enumerate(columns)
        if (encoder := _encoder(known[column])) is not None
    ]
    if not encoders:
        yield from rows
        return
    for row in rows:
        values = list(row)
        for index, encoder in encoders:
            value = values[index]
            if value is not None:
                values[index] = encoder(value)
        yield values


def json_text(value: object) -> str:
    """Give a JSON text that both databases take: PostgreSQL refuses the character NUL."""
    text = orjson.dumps(value).decode()
    if "\\u0000" in text:
        return orjson.dumps(_without_nul(value)).decode()
    return text


def text_list(cx: Connection, name: str, values: Sequence[str]) -> BindParameter[object]:
    """Give the parameter that `ids.in_ids(cx, name)` asks for, where the keys are texts."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            return bindparam(name, orjson.dumps(list(values)).decode())
        case Dialect.POSTGRESQL:
            return bindparam(name, list(values), type_=ARRAY(Text))


def table_of(row: type[Row]) -> Table:
    """Give the table behind a row's class."""
    return cast("Table", row.__table__)  # type: ignore[attr-defined]


def _encoder(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, Moment):
        return _micros
    if isinstance(column.type, JSON):
        return json_text
    return None


def _micros(moment: datetime | int) -> int:
    return moment if isinstance(moment, int) else to_micros(moment)


def _without_nul(value: object) -> object:
    match value:
        case str():
            return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case dict():
            return {_without_nul(key): _without_nul(each) for key, each in value.items()}
        case list() | tuple():
            return [_without_nul(each) for each in value]
        case _:
            return value


def _change_many(cx: Connection, sql: str, rows: Iterable[Values]) -> int:
    match dialect_of(cx):
        case Dialect.SQLITE:
            return sqlite_driver(cx).executemany(sql, rows).rowcount
        case Dialect.POSTGRESQL:
            cursor = postgresql_driver(cx).cursor()
            cursor.executemany(sql, rows)
            return cursor.rowcount


def _insert_blocks(
    cx: Connection,
    into: str,
    alike: tuple[Any, ...],
    width: int,
    rows: Iterable[Values],
    unless_known: str,
) -> int:
    """Insert many rows a statement: SQLite then asks for Python's lock once for all of them.

    What is alike in all of them is bound once a statement.
    """
    rows = iter(rows)
    shared = [f"?{number}" for number in range(1, len(alike) + 1)]
    row = f"({', '.join([*shared, *'?' * width])})"
    many = f"INSERT INTO {into} VALUES {', '.join([row] * _BLOCK)}{unless_known}"
    execute = sqlite_driver(cx).execute
    inserted = 0
    while len(block := list(islice(rows, _BLOCK))) == _BLOCK:
        inserted += execute(many, [*alike, *chain.from_iterable(block)]).rowcount
    rest = ((*alike, *each) for each in block) if alike else block
    return inserted + _change_many(cx, f"INSERT INTO {into} VALUES {row}{unless_known}", rest)


def _copy_new(
    cx: Connection, table: type[Row], columns: Sequence[str], rows: Iterable[Values]
) -> int:
    """Copy to a temporary table first: COPY itself knows no ON CONFLICT."""
    name, names = _name(cx, table), _names(cx, columns)
    waiting = f"pg_temp.arriving_{table_of(table).name}_{crc32(names.encode()):08x}"
    execute = postgresql_driver(cx).execute
    # Kept for the session, so that a batch a second does not bloat the server's catalog.
    execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {waiting.removeprefix('pg_temp.')}"
        f" ON COMMIT DELETE ROWS AS SELECT {names} FROM {name} WITH NO DATA"
    )
    copy_rows(cx, f"{waiting} ({names})", rows)
    inserted = execute(
        f"INSERT INTO {name} ({names}) SELECT {names} FROM {waiting} ON CONFLICT DO NOTHING"
    ).rowcount
    execute(f"TRUNCATE {waiting}")
    return inserted


def _update_from_arrays(
    cx: Connection, table: type[Row], key: Sequence[str], columns: Sequence[str]
) -> str:
    known = table_of(table).columns
    arrays = ", ".join(
        f"%s::{known[column].type.compile(cx.dialect)}[]" for column in (*key, *columns)
    )
    names = ", ".join(f"v{number}" for number in range(len(key) + len(columns)))
    sets = ", ".join(
        f"{_quoted(cx, column)} = given.v{number}"
        for number, column in enumerate(columns, len(key))
    )
    same = " AND ".join(
        f"target.{_quoted(cx, column)} = given.v{number}" for number, column in enumerate(key)
    )
    return (
        f"UPDATE {_name(cx, table)} AS target SET {sets}"
        f" FROM unnest({arrays}) AS given({names}) WHERE {same}"
    )


def _quoted(cx: Connection, name: str) -> str:
    return cx.dialect.identifier_preparer.quote(name)


def _names(cx: Connection, columns: Sequence[str]) -> str:
    return ", ".join(_quoted(cx, column) for column in columns)


def _name(cx: Connection, table: type[Row]) -> str:
    return _quoted(cx, table_of(table).name)
