"""Files read row by row, whatever their size: CSV and JSON Lines.

Other forms are read by whoever can (Parquet by `insight/`), and come as the same `RowSource`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol, TypeAlias

import orjson

from keepwarm.schema.suggestions import listed

_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = ",;\t|"
_BUFFER: Final = 1 << 18


class FileRefused(Exception):
    """A file cannot be read at all; says why and how to mend it."""


class ReadRow(NamedTuple):
    """A row, or why it is none."""

    #: Where it begins, counted from 1; the header is a line too.
    line: int
    #: By column; empty where there is a problem.
    values: Mapping[str, object]
    problem: str | None = None


#: What a row is to its reader, whichever room made it: the fields of ReadRow.
Line: TypeAlias = tuple[int, Mapping[str, object], str | None]


class RowSource(Protocol):
    """Rows of an open file."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The header; None where every row has its own names."""

    def __iter__(self) -> Iterator[Line]: ...

    def bytes_done(self) -> int:
        """Tell how far the reading has come."""


@contextmanager
def open_rows(path: Path) -> Iterator[RowSource]:
    """Open a file by the ending of its name. Raises FileRefused, or OSError."""
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            with path.open("rb", buffering=_BUFFER) as file:
                yield _csv_rows(file)
        case ".jsonl" | ".ndjson":
            with path.open("rb", buffering=_BUFFER) as file:
                yield _JsonRows(file)
        case ending:
            forms = listed((".csv", ".jsonl", ".parquet"))
            raise FileRefused(f'Files that end in "{ending}" are not read; save it as {forms}.')


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────


def _csv_rows(file: BinaryIO) -> _CsvRows:
    start = file.read(1 << 16)
    file.seek(0)
    if start.startswith(_BYTE_ORDER_MARKS):
        raise FileRefused('The file is UTF-16; save it as "CSV UTF-8".')
    first_line = start.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode(errors="replace")
    delimiter = max(_DELIMITERS, key=first_line.count)
    # Bytes that are no UTF-8 become marks, so that only their row is refused.
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise FileRefused(f"The header cannot be read: {error}.") from error
    if header is None:
        raise FileRefused("The file is empty; its first line should name the columns.")
    return _CsvRows(file, reader, _columns(header), text)


def _columns(header: list[str]) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in header)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise FileRefused(f"The header names {listed(twice, 'and')} twice.")
    if not any(columns):
        raise FileRefused("The first line names no columns.")
    return columns


class _Reader(Protocol):
    """The standard library's reader, whose own type has no public name."""

    line_num: int

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class _CsvRows:
    _file: BinaryIO
    _reader: _Reader
    columns: tuple[str, ...]
    #: Kept, because the file is closed with it.
    _text: io.TextIOWrapper = field(repr=False)

    def __iter__(self) -> Iterator[Line]:
        reader, columns, width = self._reader, self.columns, len(self.columns)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield ReadRow(line, {}, f"cannot be read: {error}")
                continue
            if len(row) != width:
                if row:  # a blank line is none
                    yield ReadRow(line, {}, _wrong_width(len(row), width))
            elif _is_text(row):
                yield line, dict(zip(columns, row, strict=False)), None
            else:
                yield ReadRow(line, {}, 'holds bytes that are no UTF-8; save as "CSV UTF-8"')

    def bytes_done(self) -> int:
        return self._file.tell()


def _wrong_width(found: int, wanted: int) -> str:
    values = f"{found} value{'' if found == 1 else 's'}"
    return f"has {values} where the header has {wanted}; a value with a comma needs quotes"


def _is_text(row: list[str]) -> bool:
    whole = "".join(row)
    if whole.isascii():
        return True
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return True


# ── JSON Lines ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _JsonRows:
    _file: BinaryIO
    columns: None = None

    def __iter__(self) -> Iterator[ReadRow]:
        for line, text in enumerate(self._file, 1):
            said = text.strip()
            if not said:
                continue
            try:
                row = orjson.loads(said)
            except orjson.JSONDecodeError as error:
                yield ReadRow(line, {}, f"is no JSON: {error.msg} at column {error.colno}")
                continue
            if isinstance(row, dict):
                yield ReadRow(line, row)
            else:
                yield ReadRow(line, {}, "is no JSON object; write each row as {…} on its own line")

    def bytes_done(self) -> int:
        return self._file.tell()
