"""Files that somebody drops into a folder: CSV, JSON Lines or Parquet, a row an arrival.

`customers/` takes profiles; `events/` takes events with a column that names them, and
`events/<event>/` those of one name. Unlike an import, which brings in the past, playbooks hear of
what is dropped. A file is taken when it has not changed between two looks, and goes to `done/`, or
to `refused/` with the reason beside it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from keepwarm.flows.arrivals import BATCH, Identify, Track, keep
from keepwarm.flows.system import System
from keepwarm.insight.parquet import ParquetRefused, open_parquet
from keepwarm.schema.catalog import Catalog
from keepwarm.store.import_columns import COMMON_CUSTOMER_NAMES, COMMON_EVENT_NAMES, meaning
from keepwarm.store.inbox import Arrival
from keepwarm.store.people import IMPORTED
from keepwarm.store.reading_rows import FileRefused, RowSource, open_rows

_log = logging.getLogger(__name__)

CUSTOMERS, EVENTS, DONE, REFUSED = "customers", "events", "done", "refused"
_OF_EVERY_EVENT: Final = frozenset({"customer", "name", "at", "id"})


def opened(path: Path) -> AbstractContextManager[RowSource]:
    """Open a file of any of the three forms."""
    return open_parquet(path) if path.suffix.lower() == ".parquet" else open_rows(path)


@dataclass(slots=True)
class Drops:
    """Takes the files of one folder."""

    system: System
    folder: Path
    #: How each file stood at the last look: its size and when it was written to.
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def look(self) -> int:
        """Take the files that are whole, and give how many new arrivals they came to."""
        standing = {path: _standing(path) for path in self._waiting()}
        whole = [path for path, stands in standing.items() if self._seen.get(path) == stands]
        self._seen = standing
        return sum(self._take(path) for path in whole)

    def _waiting(self) -> Iterator[Path]:
        patterns = (f"{CUSTOMERS}/*", f"{EVENTS}/*", f"{EVENTS}/*/*")
        for pattern in patterns:
            for path in sorted(self.folder.glob(pattern)):
                if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                    yield path

    def _take(self, path: Path) -> int:
        try:
            new, faults = self._keep(path)
        except (FileRefused, ParquetRefused) as refused:
            _log.warning("a dropped file of %s was refused", path.parent.name)
            self._put_away(path, REFUSED, str(refused))
            return 0
        self._put_away(path, DONE, "\n".join(faults))
        return new

    def _keep(self, path: Path) -> tuple[int, list[str]]:
        """Keep the rows, thousand by thousand, and give how many are new and what is no row."""
        with self.system.database.reading() as cx:
            catalog = self.system.shelf.catalog(cx) or Catalog()
        faults: list[str] = []
        new = 0
        with opened(path) as rows:
            arrivals = _arrivals(rows, self._told_in(path, catalog), _digest(path), faults)
            while batch := list(islice(arrivals, BATCH)):
                new += keep(self.system, batch)
        return new, faults

    def _told_in(self, path: Path, catalog: Catalog) -> _Told:
        if path.relative_to(self.folder).parts[0] == CUSTOMERS:
            return _Told(None, COMMON_CUSTOMER_NAMES, frozenset(catalog.attributes) | {"customer"})
        name = path.parent.name if path.parent.name != EVENTS else ""
        properties = {each for event in catalog.events.values() for each in event.properties}
        return _Told(name, COMMON_EVENT_NAMES, frozenset(properties) | _OF_EVERY_EVENT)

    def _put_away(self, path: Path, where: str, says: str) -> None:
        target = self.folder / where / path.relative_to(self.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        self._seen.pop(path, None)
        if says:
            target.with_name(f"{target.name}.why.txt").write_text(says + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the rows of a file are."""

    #: The event of every row; empty where a column says it, None for profiles.
    event: str | None
    #: What other tools call what we call so.
    common: Mapping[str, str]
    declared: frozenset[str]


def _standing(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _arrivals(rows: RowSource, told: _Told, digest: str, faults: list[str]) -> Iterator[Arrival]:
    known: dict[tuple[str, ...], Mapping[str, str]] = {}
    for line, row, problem in rows:
        columns = tuple(row)
        if columns not in known:
            known[columns] = meaning(columns, {}, told.common, told.declared)
        values = {name: row[column] for name, column in known[columns].items()}
        why = problem or _why_not(told, values)
        if why is not None:
            faults.append(f"line {line}: {why}")
            continue
        yield _arrival(told, _filled(values), f"{digest} {line}")


def _why_not(told: _Told, values: Mapping[str, object]) -> str | None:
    """Say why a row tells nothing; None when it does."""
    if not str(values.get("customer", "")).strip():
        return "it names no customer"
    if told.event == "" and not str(values.get("name", "")).strip():
        return "it names no event; drop it into events/<event>/, or add a column event"
    try:
        orjson.dumps({name: str(value) for name, value in values.items()})
    except TypeError:
        return "it is not text in UTF-8"
    return None


def _filled(values: Mapping[str, object]) -> dict[str, Any]:
    """Give what is there, as JSON can hold it."""
    return {
        name: _plain(value) for name, value in values.items() if value is not None and value != ""
    }


def _plain(value: object) -> object:
    match value:
        case str() | bool() | int() | float():
            return value
        case date():  # a moment is one too
            return value.isoformat()
        case Decimal():
            return str(value)
        case list():
            return [_plain(each) for each in value]
        case _:
            return str(value)


def _arrival(told: _Told, values: dict[str, Any], key: str) -> Arrival:
    customer = str(values.pop("customer")).strip()
    if told.event is None:
        return Arrival(IMPORTED, key, Identify(customer, None, values).payload())
    name = told.event or str(values.pop("name"))
    values.pop("name", None)
    own, at = values.pop("id", None), values.pop("at", None)
    payload = Track(customer, name, None if at is None else str(at), values).payload()
    # An order and its delivery may share an identifier, and two folders a list of customers.
    # An identifier is written as `keepwarm import` does, so that either knows what the other told.
    key = f"{key} {told.event}".rstrip() if own is None else f"{name}:{own}"
    return Arrival(IMPORTED, key, payload)


def folders(folder: Path) -> Iterable[Path]:
    """Give the folders that somebody drops files into."""
    return (folder / CUSTOMERS, folder / EVENTS)
