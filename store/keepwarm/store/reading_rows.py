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
from typing import Any, BinaryIO, Final, NamedTuple, Protocol, TypeAlias

import orjson

from keepwarm.schema.suggestions import listed

_DELIMITERS: Final = ",;\t|"
_BUFFER: Final = 1 << 18
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: What stands at the beginning of files that are no text, and what they are.
_NO_TEXT: Final = {
    b"\x1f\x8b": "packed by gzip; unpack it",
    b"PK\x03\x04": "a workbook or another zip archive; save or unpack it as CSV",
    b"PAR1": "Parquet; let its name end in .parquet",
    b"\xff\xfe": 'UTF-16; save it as "CSV UTF-8"',
    b"\xfe\xff": 'UTF-16; save it as "CSV UTF-8"',
}
#: The keys of a line of `<file>.refused.jsonl`, which is read as the row in it.
REFUSED_KEYS: Final = ("line", "reasons", "row")


class FileRefused(Exception):
    """A file cannot be read at all; says why and how to mend it."""


class ReadRow(NamedTuple):
    """A row, or why it is none."""

    #: Where it begins, counted from 1; the header is a line too.
    line: int
    #: By column; where there is a problem, what stands there, as `text`.
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
                yield _csv_rows(file, _beginning(file))
        case ".jsonl" | ".ndjson":
            with path.open("rb", buffering=_BUFFER) as file:
                yield _json_rows(file, _beginning(file))
        case ending:
            forms = listed((".csv", ".jsonl", ".parquet"))
            raise FileRefused(f'Files that end in "{ending}" are not read; save it as {forms}.')


def _beginning(file: BinaryIO) -> bytes:
    """Give how a file begins, without the mark of its encoding. Raises FileRefused: no text."""
    start = file.read(1 << 16)
    for sign, what in _NO_TEXT.items():
        if start.startswith(sign):
            raise FileRefused(f"The file is {what}.")
    marked = start.startswith(_BYTE_ORDER_MARK)
    file.seek(len(_BYTE_ORDER_MARK) if marked else 0)
    return start.removeprefix(_BYTE_ORDER_MARK)


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────


def _csv_rows(file: BinaryIO, start: bytes) -> _CsvRows:
    if start.lstrip().startswith((b"{", b"[")):
        raise FileRefused("The file is JSON; write each row as {…} on a line of a .jsonl file.")
    first_line = start.partition(b"\n")[0].decode(errors="replace")
    delimiter = max(_DELIMITERS, key=first_line.count)
    # Bytes that are no UTF-8 become marks, so that only their row is refused.
    text = io.TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise FileRefused(f"The header cannot be read: {error}.") from error
    if header is None:
        raise FileRefused("The file is empty; its first line should name the columns.")
    return _CsvRows(file, reader, _columns(header), delimiter, text)


def _columns(header: list[str]) -> tuple[str, ...]:
    if not _is_text(header) or "\0" in "".join(header):
        raise FileRefused(f"The header {_NO_UTF_8}.")
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
    _delimiter: str
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
                    yield ReadRow(line, self._as_text(row), _wrong_width(len(row), width))
            elif _is_text(row):
                yield line, dict(zip(columns, row, strict=False)), None
            else:
                yield ReadRow(line, self._as_text(row), _NO_UTF_8)

    def _as_text(self, row: list[str]) -> dict[str, object]:
        """Give a row as it may be written again, with a mark for each byte that is no UTF-8."""
        line = io.StringIO()
        csv.writer(line, delimiter=self._delimiter, lineterminator="").writerow(row)
        return _text_alone(line.getvalue().encode(errors="surrogateescape"))

    def bytes_done(self) -> int:
        return self._file.tell()


_NO_UTF_8: Final = 'holds bytes that are no UTF-8; save as "CSV UTF-8"'


def _text_alone(said: bytes) -> dict[str, object]:
    return {"text": said.decode(errors="replace")}


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


def _json_rows(file: BinaryIO, start: bytes) -> _JsonRows:
    first_line = start.lstrip().partition(b"\n")[0].strip()
    if first_line.startswith(b"[") and not first_line.endswith(b"]"):
        raise FileRefused("The file is one list; write each row as {…} on its own line.")
    return _JsonRows(file)


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
                problem = f"is no JSON: {error.msg} at column {error.colno}"
                yield ReadRow(line, _text_alone(said), problem)
                continue
            if isinstance(row, dict):
                yield ReadRow(line, _unwrapped(row))
            else:
                problem = "is no JSON object; write each row as {…} on its own line"
                yield ReadRow(line, _text_alone(said), problem)

    def bytes_done(self) -> int:
        return self._file.tell()


def _unwrapped(row: dict[str, Any]) -> dict[str, Any]:
    """Give the row of a line of refused rows, mended meanwhile, and others as they are."""
    if len(row) == len(REFUSED_KEYS) and all(key in row for key in REFUSED_KEYS):
        mended = row["row"]
        return mended if isinstance(mended, dict) else row
    return row
