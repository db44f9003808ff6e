"""`world` is an installation of the test's own, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepwarm.store.database import Database
from tests.journeys.world import World


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path / "playbooks")
