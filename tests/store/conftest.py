"""`database` is a migrated database of the test's own, once SQLite and once PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.store.database import Database, Dialect, open_database
from tests.store.databases import (
    PostgresqlSource,
    SqliteSource,
    opened,
    postgresql_source,
    sqlite_source,
)

BOTH = [
    pytest.param(Dialect.SQLITE, id="sqlite"),
    pytest.param(Dialect.POSTGRESQL, id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteSource:
    return sqlite_source(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlSource]:
    with postgresql_source() as source:
        yield source


@pytest.fixture(params=BOTH)
def source(request: pytest.FixtureRequest) -> SqliteSource | PostgresqlSource:
    name = "sqlite_files" if request.param is Dialect.SQLITE else "postgresql_server"
    found: SqliteSource | PostgresqlSource = request.getfixturevalue(name)
    return found


@pytest.fixture
def url(source: SqliteSource | PostgresqlSource, tmp_path: Path) -> Iterator[str]:
    with source.url(tmp_path) as address:
        yield address


@pytest.fixture
def database(source: SqliteSource | PostgresqlSource, tmp_path: Path) -> Iterator[Database]:
    with opened(source, tmp_path) as db:
        yield db


@pytest.fixture
def sqlite_url(sqlite_files: SqliteSource, tmp_path: Path) -> Iterator[str]:
    with sqlite_files.url(tmp_path) as address:
        yield address


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    db = open_database(sqlite_url)
    yield db
    db.close()


@pytest.fixture
def postgresql_database(postgresql_server: PostgresqlSource, tmp_path: Path) -> Iterator[Database]:
    with opened(postgresql_server, tmp_path) as db:
        yield db
