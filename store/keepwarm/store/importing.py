"""Files of customers and of events, taken in: `keepwarm import customers FILE`, `… events FILE`.

Rows that fit the catalog go in, the others are named with their faults, in the report and in
`<file>.refused.jsonl`. The same file again changes nothing; an edited one brings what is new in
it. Rows are read, fitted and written in batches, so that memory stays the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, Self, TypeAlias, TypeVar

import orjson
from sqlalchemy import Connection, text

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.suggestions import listed
from keepwarm.store.collecting import collecting_later
from keepwarm.store.countries import countries_of
from keepwarm.store.customers import CONSENTS, keys_of, put_customers, read_customers
from keepwarm.store.database import Database
from keepwarm.store.events import EventValues, append_events
from keepwarm.store.import_columns import refuse_unknown
from keepwarm.store.import_rows import CustomerReader, CustomerTold, EventReader, Faults, Meanings
from keepwarm.store.moments import to_micros
from keepwarm.store.people import ALL, IMPORTED, Consent, record_consents
from keepwarm.store.reading_rows import REFUSED_KEYS, FileRefused, Line, RowSource, open_rows
from keepwarm.store.versions import live_release

#: Hears after every batch: rows read, bytes read, bytes of the file.
Progress: TypeAlias = Callable[[int, int, int], None]
#: Opens a file's rows: `reading_rows.open_rows`, or another room's reader of another form.
Opens: TypeAlias = Callable[[Path], AbstractContextManager[RowSource]]

#: A third of a second of writing, for which others wait.
_BATCH: Final = 20_000
#: While nothing is live nobody waits, and fewer commits write the pages of the indexes fewer times.
_BATCH_BEFORE_ANYTHING_IS_LIVE: Final = 50_000
#: How many refused rows the report names; the file of refused rows has them all.
_MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that did not go in."""

    line: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"line {self.line}: {'; '.join(self.faults)}"


@dataclass(slots=True)
class Imported:
    """What came of a file."""

    rows_read: int = 0
    rows_refused: int = 0
    #: Customers made, or events appended.
    new: int = 0
    #: Customers of whom something else was known before.
    changed: int = 0
    #: Rows that told nothing new.
    known: int = 0
    #: Customers that were made because an event named them.
    customers_made: int = 0
    #: Consents that were left out because the customers had withdrawn them (law 23).
    consents_left_out: int = 0
    #: The first of the refused rows.
    refused: list[Refused] = field(default_factory=list)
    #: Columns that the catalog does not have.
    ignored: tuple[str, ...] = ()
    #: Whether the very same file went in before, so that nothing was done.
    was_known: bool = False


def import_customers(
    db: Database,
    path: Path,
    catalog: Catalog,
    now: datetime,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
    opens: Opens = open_rows,
    progress: Progress | None = None,
) -> Imported:
    """Take in a file of customers; raises FileRefused when it cannot be read at all.

    `columns` says what columns mean, where their names do not: column -> our name, or nothing to
    leave one out.
    """
    reader = CustomerReader(catalog, columns)

    def put(cx: Connection, told: list[CustomerTold], report: Imported) -> None:
        result = put_customers(cx, ((one.customer, one.values) for one in told), now)
        report.new += result.new
        report.changed += result.changed
        report.known += len(told) - result.new - result.changed
        report.consents_left_out += _put_consents(cx, told, path.name, now)

    job = _Job(db, path, "customers", columns, None, now, opens, progress)
    return _run(job, reader, put)


def import_events(
    db: Database,
    path: Path,
    catalog: Catalog,
    now: datetime,
    *,
    event: str | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    opens: Opens = open_rows,
    progress: Progress | None = None,
) -> Imported:
    """Take in a file of events, all of one name where `event` says it.

    Customers that are not known are made. Raises FileRefused when it cannot be read at all.
    """
    reader = EventReader(catalog, columns, event, now)

    def put(cx: Connection, told: list[EventValues], report: Imported) -> None:
        result = append_events(cx, told, now)
        report.new += result.new
        report.known += result.known
        report.customers_made += result.customers_made

    job = _Job(db, path, "events", columns, event, now, opens, progress)
    return _run(job, reader, put)


def _put_consents(cx: Connection, told: Iterable[CustomerTold], file: str, now: datetime) -> int:
    """Record the consents that are news, and give how many the customers had withdrawn."""
    named = {one.customer: one for one in told if one.consents}
    if not named:
        return 0
    keys = keys_of(cx, list(named))
    stand = {each.id: each.attributes for each in read_customers(cx, sorted(set(keys.values())))}
    attribute = {channel.value: name for name, channel in CONSENTS.items()}
    news = [
        Consent(
            keys[customer],
            consent.channel,
            ALL,
            consent.allowed,
            f"{IMPORTED} {file}",
            consent.at or now,
            consent.wording,
        )
        for customer, one in named.items()
        for consent in one.consents
        if stand[keys[customer]].get(attribute[consent.channel]) is not consent.allowed
    ]
    return len(news) - record_consents(cx, news, now)


# ── The file as a whole ──────────────────────────────────────────────────────────────────────


Told = TypeVar("Told", CustomerTold, EventValues)
Told_co = TypeVar("Told_co", CustomerTold, EventValues, covariant=True)


class _Reader(Protocol[Told_co]):
    meanings: Meanings
    ignored: dict[str, None]
    countries: dict[str, str]

    def without_country(self, row: Mapping[str, object]) -> str | None: ...

    def read(self, row: Mapping[str, object]) -> Told_co | Faults: ...


@dataclass(frozen=True, slots=True)
class _Job:
    db: Database
    path: Path
    kind: str
    columns: Mapping[str, str]
    event: str | None
    now: datetime
    opens: Opens
    progress: Progress | None


def _run(
    job: _Job,
    reader: _Reader[Told],
    put: Callable[[Connection, list[Told], Imported], None],
) -> Imported:
    digest = _digest(job)
    with job.db.reading() as cx:
        if _is_done(cx, digest):
            return Imported(was_known=True)
        batch = _BATCH if live_release(cx) else _BATCH_BEFORE_ANYTHING_IS_LIVE
    report, size = Imported(), job.path.stat().st_size
    with job.opens(job.path) as source, _RefusedFile(job.path) as refused_file:
        if source.columns is not None:
            _refuse_columns(source.columns, job, reader.meanings)
        unread, is_at_end = iter(source), False
        while not is_at_end:
            before = report.rows_read
            with collecting_later():
                lines = list(islice(unread, batch))
                _learn_countries(job.db, lines, reader)
                told = _fitted(lines, reader, report, refused_file)
                # Not durable by itself: what a power cut takes back, the next try brings again.
                with job.db.writing(durable=False) as cx:
                    put(cx, told, report)
            is_at_end = report.rows_read - before < batch
            if job.progress:
                job.progress(report.rows_read, min(source.bytes_done(), size), size)
    report.ignored = tuple(reader.ignored)
    _mark_done(job, digest, report)
    return report


def _refuse_columns(columns: tuple[str, ...], job: _Job, meanings: Meanings) -> None:
    refuse_unknown(columns, job.columns)
    if "customer" not in meanings.of(columns).columns:
        raise FileRefused(
            "No column names the customer. Call it customer_id, or say which it is; the file has"
            f" {listed(filter(None, columns), 'and')}."
        )


def _learn_countries(db: Database, lines: Iterable[Line], reader: _Reader[Told]) -> None:
    """Let the reader know the countries of customers whose numbers name none."""
    found = (_without_country(row, reader) for _, row, problem in lines if not problem)
    wanted = {customer for customer in found if customer is not None}
    reader.countries.clear()
    if wanted:
        with db.reading() as cx:
            reader.countries.update(countries_of(cx, wanted))


def _without_country(row: Mapping[str, object], reader: _Reader[Told]) -> str | None:
    try:
        return reader.without_country(row)
    except FileRefused:  # said of its row, when that is read
        return None


def _fitted(
    rows: Iterable[Line], reader: _Reader[Told], report: Imported, refused_file: _RefusedFile
) -> list[Told]:
    told: list[Told] = []
    for line, values, problem in rows:
        report.rows_read += 1
        try:
            found = [problem] if problem else reader.read(values)
        except FileRefused as error:  # JSON: every row has its own columns
            found = [str(error)]
        if isinstance(found, list):
            report.rows_refused += 1
            refused = Refused(line, tuple(found))
            refused_file.add(refused, values)
            if len(report.refused) < _MOST_NAMED:
                report.refused.append(refused)
        else:
            told.append(found)
    return told


class _RefusedFile:
    """The refused rows beside the file, made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.refused.jsonl")
        self._file: Any = None

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)  # of an earlier try
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, refused: Refused, values: Mapping[str, object]) -> None:
        if self._file is None:
            self._file = self._path.open("wb")
        line = dict(zip(REFUSED_KEYS, (refused.line, refused.faults, dict(values)), strict=True))
        self._file.write(orjson.dumps(line, default=str) + b"\n")


# ── Repeating ────────────────────────────────────────────────────────────────────────────────


def _digest(job: _Job) -> str:
    with job.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(orjson.dumps([job.kind, job.event, sorted(job.columns.items())]))
    return digest.hexdigest()


def _is_done(cx: Connection, digest: str) -> bool:
    """Tell whether the file went in before as a whole: refused rows may fit by now."""
    statement = text("SELECT 1 FROM import WHERE digest = :digest AND rows_refused = 0")
    return cx.execute(statement, {"digest": digest}).first() is not None


def _mark_done(job: _Job, digest: str, report: Imported) -> None:
    statement = text(
        "INSERT INTO import (digest, name, kind, rows_read, rows_refused, finished_at)"
        " VALUES (:digest, :name, :kind, :read, :refused, :now) ON CONFLICT (digest) DO UPDATE"
        " SET rows_refused = excluded.rows_refused, finished_at = excluded.finished_at"
    )
    values = {
        "digest": digest,
        "name": job.path.name,
        "kind": job.kind,
        "read": report.rows_read,
        "refused": report.rows_refused,
        "now": to_micros(job.now),
    }
    with job.db.writing() as cx:
        cx.execute(statement, values)
