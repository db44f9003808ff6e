"""Statements through the driver, in the caller's transaction.

SQLAlchemy takes a tenth of a millisecond for each, and a millisecond for the first of a kind. What
every batch and every chunk asks is asked here; it is the same SQL for both databases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol, TypeAlias

import orjson
from sqlalchemy import Connection

from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver

#: What a name in a statement stands for; a list goes with `ids.in_ids` and `ids.from_ids`.
Bound: TypeAlias = str | int | float | Sequence[int] | Sequence[str] | None

_LISTS: Final = (list, tuple, range)


class Found(Protocol):
    """What a statement gives: rows as tuples, or how many it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Give the rows."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row."""


def run(cx: Connection, sql: str, **values: Bound) -> Found:
    """Run a statement in which `:name` stands for a value; raises the driver's own errors."""
    lists = {name: each for name, each in values.items() if isinstance(each, _LISTS)}
    match dialect_of(cx):
        case Dialect.SQLITE:
            texts = {name: orjson.dumps(list(each)).decode() for name, each in lists.items()}
            return sqlite_driver(cx).execute(sql, values | texts)
        case Dialect.POSTGRESQL:
            arrays = {name: list(each) for name, each in lists.items()}
            return postgresql_driver(cx).execute(_for_psycopg(sql), values | arrays)


def first_number(cx: Connection, sql: str, **values: Bound) -> int | None:
    """Give the whole number in the first column of the first row; None where there is none."""
    row = run(cx, sql, **values).fetchone()
    return None if row is None else row[0]


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> bytes:
    return _NAME.sub(r"%(\1)s", sql.replace("%", "%%")).encode()


#: Not the type of a value, which has two colons.
_NAME: Final = re.compile(r"(?<![:\w]):([a-z_]+)")
