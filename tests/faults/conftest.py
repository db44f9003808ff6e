"""`world` and `town` are installations of the test's own, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.store.database import open_database
from tests.faults.city import City, city
from tests.journeys.world import World


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    database = open_database(url)
    yield World(database, tmp_path / "playbooks")
    database.close()


@pytest.fixture
def sqlite_world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    database = open_database(sqlite_url)
    yield World(database, tmp_path / "playbooks")
    database.close()


@pytest.fixture
def town(url: str, tmp_path: Path) -> Iterator[City]:
    database = open_database(url)
    with city(database, url, tmp_path) as made:
        yield made
    database.close()


@pytest.fixture
def sqlite_town(sqlite_url: str, tmp_path: Path) -> Iterator[City]:
    database = open_database(sqlite_url)
    with city(database, sqlite_url, tmp_path) as made:
        yield made
    database.close()
