"""The database: opened once, read in snapshots, written in short transactions.

`Database.dialect` is the only switch between SQLite and PostgreSQL.

What a commit promises. A durable transaction, which is the default, has reached the disk when its
`with` block ends, and so survives a power cut: an event that was acknowledged, an unsubscribe, a
message's claim (made before the provider is called, so that no power cut sends it twice).
`writing(durable=False)` saves the wait for the disk. It is right for work that anybody would do
again in the same way, such as deciding a batch of runs: both databases write one log in order,
so a later durable commit (the claim) brings every earlier one to the disk with it, and what a
power cut can take back is only the latest work, as if it had not been begun.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    InternalError,
    NotSupportedError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from keepwarm.store.patience import Silence
from keepwarm.store.postgresql_session import postgresql_engine
from keepwarm.store.sqlite_file import OpenedFile, opened_file

#: How long a writer waits for another one to finish.
LOCK_WAIT: Final = timedelta(seconds=30)
#: How often BEGIN is tried, each time for LOCK_WAIT. Nothing else is ever repeated: what follows
#: BEGIN holds the lock already.
BEGIN_TRIES: Final = 3
_PAUSE_BETWEEN_TRIES: Final = timedelta(milliseconds=50)

#: `->>` and UPDATE … FROM.
_OLDEST_SQLITE: Final = (3, 38, 0)
_OLDEST_POSTGRESQL: Final = 140000

#: Of a connection of SQLite: random inserts into large indexes stay in it.
CACHE_MIB: Final = 128
#: For who reads everything once, from one end to the other: more would only be kept in vain.
READING_CACHE_MIB: Final = 8

#: Execution options by which a connection knows what its transaction is for.
_WRITING: Final = "keepwarm_writing"

_PRAGMAS: Final = (
    # Of a new database. A message's outcome is a row of 1 to 2 kB: from 4,096 it would overflow.
    "page_size = 8192",
    "journal_mode = WAL",  # readers never wait for the writer, nor it for them
    f"busy_timeout = {LOCK_WAIT // timedelta(milliseconds=1)}",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    # 256 MiB: a page that many transactions change is written back once, and whoever commits waits
    # for that rarely.
    "wal_autocheckpoint = 32768",
    "journal_size_limit = 268435456",
)


#: Raised by the database itself of a value that it cannot hold, such as a text with NUL in it: by
#: SQLAlchemy, or by the driver where a statement goes through it.
VALUE_REFUSED: Final = (DataError, sqlite3.DataError, psycopg.DataError)
#: Raised of values that cannot be kept, as against a database that cannot be reached or is busy.
VALUES_REFUSED: Final = (*VALUE_REFUSED, ArithmeticError, LookupError, TypeError, ValueError)


#: Raised of a database that cannot be used just now: not reached, held by others, without space,
#: for reading only (PostgreSQL has that, and sessions that it ended, among its internal errors; to
#: a standby, writing is what it does not support).
UNAVAILABLE: Final = (
    OperationalError, InternalError, NotSupportedError, NoConnectionFree, sqlite3.OperationalError,
    psycopg.OperationalError, psycopg.InternalError, psycopg.NotSupportedError,
)  # fmt: skip


class Dialect(StrEnum):
    """Which database it is."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class DatabaseRefused(Exception):
    """The database cannot be used; says why and how to mend it, and never a password."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Threads may share it; a forked process opens its own."""

    engine: Engine
    dialect: Dialect
    _turn: _Turn = field(repr=False)
    #: Of SQLite: what was opened.
    _file: OpenedFile | None = field(repr=False, default=None)
    #: Of PostgreSQL: whether it answers.
    _silence: Silence = field(repr=False, default_factory=Silence)

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """Give a connection in a transaction that commits when the block ends well.

        SQLite takes its one writer's lock at the start, so that nothing read inside can be stale
        when it is written. Keep the block short, and never wait for a network in it.
        """
        self._refuse_what_is_away()
        turn: AbstractContextManager[object] = nullcontext() if self._file is None else self._turn
        options = {_WRITING: True}
        with turn, self.engine.connect().execution_options(**options) as connection:
            self._begin(connection, durable=durable)
            with _ended(connection):
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements all see the database as of one moment.

        It cannot write: not even to a temporary table.
        """
        self._refuse_what_is_away()
        with self.engine.connect() as plain:
            connection = plain
            if self.dialect is Dialect.POSTGRESQL:
                connection = plain.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            connection.begin()
            with _ended(connection):
                yield connection

    def sweep(self) -> None:
        """Clear the log of old words that were erased; call it outside any transaction.

        PostgreSQL does it by itself (autovacuum), and keeps its own log as long as its
        operator's backups need it.
        """
        if self.dialect is Dialect.SQLITE:
            with self._turn, self.engine.connect() as connection:
                sqlite_driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @property
    def takes_several_writers(self) -> bool:
        """Whether two transactions may write at the same time."""
        return self.dialect is Dialect.POSTGRESQL

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()

    def _refuse_what_is_away(self) -> None:
        if self._file is not None:
            self._file.refuse_another()
        self._silence.refuse()

    def _begin(self, connection: Connection, *, durable: bool) -> None:
        match self.dialect:
            case Dialect.SQLITE:
                # Not possible inside a transaction, therefore before it, every time.
                level = "FULL" if durable else "NORMAL"
                sqlite_driver(connection).execute(f"PRAGMA synchronous = {level}")
                connection.begin()
            case Dialect.POSTGRESQL:
                connection.begin()
                if not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def open_database(url: str, *, cache_mib: int = CACHE_MIB) -> Database:
    """Open the database at an address and see that it answers.

    `cache_mib` is how much of it a connection of SQLite may hold in memory.
    The address is `sqlite:///relative/path`, `sqlite:////absolute/path` or
    `postgresql+psycopg://user:password@host/name`. Raises DatabaseRefused.
    """
    address = _address(url)
    dialect = Dialect(address.get_backend_name())
    silence = Silence()
    engine = _engine(address, dialect, cache_mib, silence)
    try:
        with engine.connect() as connection:
            _refuse_old_versions(connection, dialect)
    except DBAPIError as error:
        engine.dispose()
        # Not chained: the driver's own error may carry what the address held.
        raise DatabaseRefused(_unreachable(address, dialect, error)) from None
    file = opened_file(Path(str(address.database))) if dialect is Dialect.SQLITE else None
    return Database(engine, dialect, _Turn(), file, silence)


def dialect_of(connection: Connection) -> Dialect:
    """Tell which database a connection leads to."""
    return Dialect(connection.dialect.name)


def sqlite_driver(connection: Connection) -> sqlite3.Connection:
    """Give the driver's own connection to SQLite, inside the same transaction."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("not a connection to SQLite")
    return driver


def postgresql_driver(connection: Connection) -> psycopg.Connection[Any]:
    """Give the driver's own connection to PostgreSQL, inside the same transaction."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("not a connection to PostgreSQL")
    return driver


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseRefused(
            "The database's address cannot be read. Write sqlite:///keepwarm.db or"
            " postgresql+psycopg://user:password@host/name (in a password, write @ as %40,"
            " / as %2F and : as %3A)."
        ) from None
    match address.drivername:
        case "sqlite" | "sqlite+pysqlite":
            return _lasting(address)
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return address.set(drivername="postgresql+psycopg")
        case other:
            raise DatabaseRefused(
                f'Keepwarm does not know the database "{other}". It keeps what it remembers in'
                " SQLite (sqlite:///keepwarm.db) or PostgreSQL (postgresql+psycopg://…)."
            )


def _lasting(address: URL) -> URL:
    path = address.database
    if not path or ":memory:" in path or "mode" in address.query:
        raise DatabaseRefused(
            "A database in memory forgets everything when the process ends, and no other"
            " process sees it. Name a file: sqlite:///keepwarm.db"
        )
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise DatabaseRefused(
            f"There is no folder {folder} to keep the database in. Make it, or name another file."
        )
    return address


def _engine(address: URL, dialect: Dialect, cache_mib: int, silence: Silence) -> Engine:
    shared: dict[str, Any] = {
        "json_serializer": _json_text,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # errors and logs must not hold what customers are called
    }
    match dialect:
        case Dialect.SQLITE:
            # The turn (below) orders the writers of this process; readers need none.
            engine = create_engine(
                address, pool_size=8, max_overflow=24, pool_use_lifo=True, **shared
            )
            event.listen(engine, "connect", partial(_prepare_sqlite, cache_mib))
            event.listen(engine, "begin", _begin_sqlite)
        case Dialect.POSTGRESQL:
            engine = postgresql_engine(address, silence, shared)
    return engine


def _json_text(value: object) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(cache_mib: int, driver: sqlite3.Connection, record: object) -> None:
    del record
    # The driver must not begin or commit by itself: `_begin_sqlite` says when and how.
    driver.isolation_level = None
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")
    driver.execute(f"PRAGMA cache_size = -{cache_mib * 1024}")


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(_WRITING, False)
    sqlite_driver(connection).execute(f"PRAGMA query_only = {'OFF' if is_writing else 'ON'}")
    if not is_writing:
        sqlite_driver(connection).execute("BEGIN")
        return
    for tries_left in reversed(range(BEGIN_TRIES)):
        try:
            sqlite_driver(connection).execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or not tries_left:
                raise
            time.sleep(_PAUSE_BETWEEN_TRIES.total_seconds())
        else:
            return


def _is_locked(error: sqlite3.OperationalError) -> bool:
    # The low byte is the primary code: BUSY has variants for recovery and for snapshots.
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_BUSY


@contextmanager
def _ended(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # Of a connection that is gone, what ended it says more than that it is.
        with suppress(OperationalError):
            connection.rollback()
        raise
    connection.commit()


class _Turn:
    """Orders the writers of one process, who would else poll for SQLite's lock and starve."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            raise RuntimeError(
                "a writing transaction was begun inside another one of the same thread"
            )
        # Longer than anybody may hold it while waiting for another process.
        if not self._lock.acquire(timeout=(BEGIN_TRIES + 1) * LOCK_WAIT.total_seconds()):
            raise TimeoutError("another thread has been writing for minutes without letting go")
        self._owner = me

    def __exit__(self, *error: object) -> None:
        self._owner = None
        self._lock.release()


def _refuse_old_versions(connection: Connection, dialect: Dialect) -> None:
    match dialect:
        case Dialect.SQLITE:
            if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
                raise DatabaseRefused(
                    f"This Python brings SQLite {sqlite3.sqlite_version}; Keepwarm needs 3.38 or"
                    " newer. Use a newer Python, or PostgreSQL."
                )
        case Dialect.POSTGRESQL:
            found = postgresql_driver(connection).info.server_version
            if found < _OLDEST_POSTGRESQL:
                raise DatabaseRefused(
                    f"The server is PostgreSQL {found // 10000}; Keepwarm needs 14 or newer."
                )


def _unreachable(address: URL, dialect: Dialect, error: DBAPIError) -> str:
    match dialect:
        case Dialect.SQLITE:
            return f"SQLite cannot use the file {address.database}: {error.orig}."
        case Dialect.POSTGRESQL:
            where = f"{address.host or 'this machine'}, database {address.database or 'unnamed'}"
            reason = _without_password(str(error.orig), address)
            return (
                f"PostgreSQL does not answer at {where}: {reason}. Is it running, and are the"
                " host, the name, the user and the password right?"
            )


def _without_password(reason: str, address: URL) -> str:
    # The driver's own question is asked below in our words.
    lines = [line.strip() for line in reason.splitlines() if not line.endswith("?")]
    text = "; ".join(line for line in lines if line).rstrip(".")
    for secret in (str(address.password or ""), str(address.query.get("password", ""))):
        if secret:
            text = text.replace(secret, "***")
    return text
