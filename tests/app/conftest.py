"""A world of the test's own, and its web."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.store.database import Database
from tests.app.serving import Site, serving
from tests.journeys.world import World


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path / "playbooks")


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    with serving(world) as running:
        yield running
