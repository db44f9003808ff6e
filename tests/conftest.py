"""What holds for all tests.

`database` is a migrated database of the test's own, once SQLite and once PostgreSQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from keepwarm.store.database import Database, Dialect, open_database
from tests.canaries import canaries_in_logs_refused, refuse_canaries_in
from tests.store.databases import (
    PostgresqlSource,
    SqliteSource,
    opened,
    postgresql_source,
    sqlite_source,
)

# Whoever runs the tests may have set up Keepwarm or Prefect for themselves, or a terminal of their
# own, or be a CI that programs speak to in another way: the tests are asked all the same.
for _name in list(os.environ):
    if _name.startswith(("KEEPWARM_", "PREFECT_")) or _name in {
        "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "CI",
    }:  # fmt: skip
        del os.environ[_name]

# The same cases every time: a run that fails is one that fails again, for whoever looks. New ones
# are found on purpose, with `pytest --hypothesis-seed=random --hypothesis-profile=default`.
# Machines are noisy: no test fails for its time.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same")

BOTH = [
    pytest.param(Dialect.SQLITE, id="sqlite"),
    pytest.param(Dialect.POSTGRESQL, id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(autouse=True)
def no_canary_is_seen(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse a test in which something personal or a key got into a log or into Prefect."""
    # First, so that it is still there after the test's own services have ended.
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    with canaries_in_logs_refused():
        yield
    if folder is not None:
        refuse_canaries_in(folder)


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
