"""Segment's own client library for Node, pointed at us: it works unchanged."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.store.database import Database
from keepwarm.store.write_keys import WriteKey, add_key
from tests.app.serving import Site, serving
from tests.journeys.world import World
from tests.npm import installed
from tests.waiting import PATIENCE_SECONDS

CLIENT = Path(__file__).parent / "client"
WHOLE = f"kw_5e9c0de1_{'5e' * 20}"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    world = World(sqlite_database, tmp_path / "playbooks")
    key = WriteKey("kw_5e9c0de1", "shop", frozenset(), frozenset(), 5_000, world.now, "ann")
    with world.database.writing() as cx:
        add_key(cx, key, WHOLE, world.now)
    world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    world.apply()
    with serving(world) as running:
        yield running


def tell(site: Site, key: str) -> str:
    """Let the library tell of everything, and give what it says went wrong."""
    node, modules = installed(CLIENT, "Segment's client library")
    words = [node, str(CLIENT / "tell.js"), f"http://127.0.0.1:{site.port}", key]
    named = {**os.environ, "NODE_PATH": str(modules)}
    ran = subprocess.run(
        words, env=named, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    return ran.stdout + ran.stderr


@pytest.mark.slow
def test_every_call_of_the_client_is_taken(site: Site) -> None:
    assert tell(site, WHOLE) == ""
    site.world.work()
    names = [name for (name,) in site.world.rows("SELECT name FROM event ORDER BY name")]
    assert names == ["logged_in", "payment_failed", "project_created", "signed_up"]
    assert site.world.rows("SELECT count(DISTINCT customer_id) FROM event") == [(1,)]
    assert site.world.told() == ["Mon 09:00 email hello"]


@pytest.mark.slow
def test_the_client_hears_of_a_key_that_is_wrong(site: Site) -> None:
    assert "[401] Unauthorized" in tell(site, "kw_5e9c0de1_nonsense")
    assert site.world.rows("SELECT count(*) FROM inbox") == [(0,)]
