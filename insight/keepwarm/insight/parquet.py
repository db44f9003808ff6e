"""Parquet files, read row by row: the third form that `keepwarm import` takes, beside the store's.

DuckDB reads it; nothing else is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import duckdb

#: How many rows are in memory at once.
_ROWS: Final = 10_000


class ParquetRefused(Exception):
    """A file cannot be read as Parquet; says why."""


class Row(NamedTuple):
    """A row, counted from 1. What is missing in it is an empty text, as in CSV."""

    line: int
    values: dict[str, object]
    problem: None = None


@dataclass(slots=True)
class ParquetRows:
    """Rows of an open file."""

    columns: tuple[str, ...]
    _found: duckdb.DuckDBPyConnection = field(repr=False)
    _size: int
    _count: int
    _done: int = 0

    def __iter__(self) -> Iterator[Row]:
        while rows := self._found.fetchmany(_ROWS):
            for row in rows:
                self._done += 1
                values = ("" if value is None else value for value in row)
                yield Row(self._done, dict(zip(self.columns, values, strict=True)))

    def bytes_done(self) -> int:
        """Tell how far the reading has come, as if all rows had the same size."""
        return self._size * self._done // self._count if self._count else self._size


@contextmanager
def open_parquet(path: Path) -> Iterator[ParquetRows]:
    """Open a Parquet file; raises ParquetRefused."""
    with duckdb.connect(":memory:") as connection:
        try:
            found = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)])
            row = found.fetchone()
            found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        except duckdb.Error as error:
            first_line = str(error).partition("\n")[0]
            raise ParquetRefused(f"The file cannot be read as Parquet: {first_line}") from error
        columns = tuple(column[0] for column in found.description or ())
        yield ParquetRows(columns, found, path.stat().st_size, row[0] if row else 0)
