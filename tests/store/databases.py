"""Databases for tests: migrated once, then copied, so that a test's own costs milliseconds."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString

import psycopg
from psycopg import sql

from keepwarm.store.database import Database, open_database
from keepwarm.store.migrating import migrate
from tests.store.embedded_postgresql import PostgresServer, get_server
from tests.waiting import wait_for


@dataclass(frozen=True)
class SqliteSource:
    """Makes SQLite files from one that has all tables."""

    template: Path

    @contextmanager
    def url(self, folder: Path) -> Iterator[str]:
        path = folder / "keepwarm.db"
        shutil.copyfile(self.template, path)
        yield f"sqlite:///{path}"


#: Empties what a test filled, and lets the planner forget what it learnt of it.
_EMPTY = """
DO $$
DECLARE
    name text;
    is_filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables
                WHERE schemaname = 'public' AND tablename <> 'keepwarm_schema' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_filled;
        IF is_filled THEN EXECUTE format('TRUNCATE %I', name); END IF;
    END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
    DELETE FROM pg_statistic WHERE starelid >= 16384;
END $$
"""
#: What must be as it was for a database to serve another test.
_SHAPE = """
SELECT md5(string_agg(concat(c.relname, c.relkind, i.indisvalid), ',' ORDER BY c.relname)),
       (SELECT version_num FROM keepwarm_schema)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class PostgresqlSource:
    """Gives databases of a running server that have all tables and no rows.

    One that a test left in its shape is emptied for the next: making a new one takes ten times as
    long.
    """

    host: str
    template: str
    shape: tuple[object, ...]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _empty: list[str] = field(default_factory=list)

    @contextmanager
    def url(self, folder: Path) -> Iterator[str]:
        name = self._empty.pop() if self._empty else self._made()
        try:
            yield f"postgresql+psycopg://postgres@/{name}?host={self.host}"
        finally:
            if self._is_emptied(name):
                self._empty.append(name)
            else:
                self._tell("DROP DATABASE {} WITH (FORCE)", name)

    def _made(self) -> str:
        name = f"test_{next(self._numbers)}"
        self._tell("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, self.template)
        return name

    def _is_emptied(self, name: str) -> bool:
        try:
            with _connected(self.host, name) as connection:
                connection.execute("SET lock_timeout = '1s'")  # a test may have left one open
                shape = connection.execute(_SHAPE).fetchone()
                connection.execute(_EMPTY)
        except psycopg.Error:
            return False
        return shape == self.shape

    def _tell(self, statement: LiteralString, *names: str) -> None:
        with _connected(self.host, "postgres") as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def sqlite_source(folder: Path) -> SqliteSource:
    """Give a source of SQLite files that have all tables."""
    path = folder / "template.db"
    db = open_database(f"sqlite:///{path}")
    migrate(db)
    db.close()  # the last connection moves the log into the file
    return SqliteSource(path)


@contextmanager
def postgresql_source() -> Iterator[PostgresqlSource]:
    """Start PostgreSQL, and give a source of databases that have all tables.

    In a folder of its own: started as root, the server runs as somebody else, and pytest closes
    its own folders to everybody else whenever another test run begins.
    """
    with TemporaryDirectory(prefix="keepwarm-postgresql-", ignore_cleanup_errors=True) as folder:
        server = _started(folder)
        try:
            with _connected(folder, "postgres") as connection:
                # A test's data need not survive a power cut.
                for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("CREATE DATABASE template_keepwarm")
            db = open_database(f"postgresql+psycopg://postgres@/template_keepwarm?host={folder}")
            migrate(db)
            db.close()
            with _connected(folder, "template_keepwarm") as connection:
                shape = connection.execute(_SHAPE).fetchone() or ()
            yield PostgresqlSource(folder, "template_keepwarm", shape)
        finally:
            server.cleanup()


def _started(folder: str) -> PostgresServer:
    """Start a server; the library gives it ten seconds, and a busy machine needs more."""
    server = get_server(folder, cleanup_mode="stop", start=False)

    def has_started() -> bool:
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError, FileNotFoundError):
            return False  # it goes on starting meanwhile
        return True

    wait_for(has_started)
    return server


@contextmanager
def opened(source: SqliteSource | PostgresqlSource, folder: Path) -> Iterator[Database]:
    """Open a database of the test's own."""
    with source.url(folder) as url:
        db = open_database(url)
        try:
            yield db
        finally:
            db.close()


@contextmanager
def _connected(host: str, name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True) as server:
        yield server
