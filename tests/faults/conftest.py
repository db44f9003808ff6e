"""`world` is an installation of the test's own, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.store.database import open_database
from tests.journeys.world import World
from tests.store.conftest import postgresql_server, source, sqlite_files, url

__all__ = ["postgresql_server", "source", "sqlite_files", "url"]


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    database = open_database(url)
    yield World(database, tmp_path / "playbooks")
    database.close()
