"""The example: real purchases, moved in time, with people made up around them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

from keepwarm.app.example.bringing_in import bring_in
from keepwarm.app.example.making import how_said, person, purchases
from keepwarm.app.folder import read_folder
from keepwarm.store.database import Database
from keepwarm.store.duplicates import find_duplicates
from keepwarm.store.overview import how_many_customers
from tests.journeys.world import World

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
SHIPPED = Path(__file__).parents[2] / "playbooks"


def test_the_last_purchase_was_yesterday() -> None:
    bought, moved = purchases(NOW)
    assert len(bought) == 6_919
    assert len({each.customer for each in bought}) == 2_357
    assert max(each.day for each in bought) == date(2026, 11, 20)
    assert moved == (date(2026, 11, 20) - date(1998, 6, 30)).days


def test_people_are_made_up_the_same_way_each_time() -> None:
    made = person(7, "00004", date(2026, 1, 1))
    assert made == person(7, "00004", date(2026, 1, 1))
    assert made["email"].endswith(".00004@example.com")
    assert re.fullmatch(r"\+1\d{3}55501\d\d", made["phone"])


def test_it_is_brought_in_once(sqlite_database: Database, tmp_path: Path) -> None:
    world = World(sqlite_database, tmp_path / "playbooks", now=NOW)
    catalog = read_folder(SHIPPED).catalog
    assert how_said(catalog) is not None
    home = tmp_path / "example"
    first = bring_in(world.system, catalog, home, lambda *_: None)
    assert first is not None
    assert (first.customers, first.purchases, first.was_known) == (2_357, 6_919, False)
    with sqlite_database.reading() as cx:
        assert find_duplicates(cx) == []
    again = bring_in(world.system, catalog, home, lambda *_: None)
    assert again is not None
    assert (again.customers, again.purchases, again.was_known) == (0, 0, True)
    assert again.last_day == date(2026, 11, 20)


def test_it_leaves_customers_of_ones_own_alone(sqlite_database: Database, tmp_path: Path) -> None:
    world = World(sqlite_database, tmp_path / "playbooks", now=NOW)
    world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    world.apply()
    world.person("anna")
    catalog = read_folder(SHIPPED).catalog
    assert bring_in(world.system, catalog, tmp_path / "example", lambda *_: None) is None
    with sqlite_database.reading() as cx:
        assert how_many_customers(cx) == 1
