"""Statistics of facts over all customers, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepwarm.app.checking import check_folder
from keepwarm.store.database import Database
from keepwarm.store.statistics import (
    EventStatistics,
    FactStatistics,
    SegmentStatistics,
    Statistics,
    read_statistics,
)
from tests.journeys.world import START, World


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    world = World(database, tmp_path / "playbooks")
    world.write(
        "catalog/more.yaml",
        "attributes:\n  nickname: {is: text, personal: yes}\n  size: {is: number, personal: yes}\n"
        "segments:\n  rich:\n    - monthly_revenue: at least 100\n",
    )
    world.apply()
    return world


def statistics_of(world: World) -> dict[str, Statistics]:
    catalog = check_folder(world.folder).workspace.catalog
    with world.database.reading() as cx:
        return dict(read_statistics(cx, catalog, world.now))


def test_facts_are_counted_and_ranged(world: World) -> None:
    for name, plan, revenue in (("a", "pro", 10), ("b", "free", 250.5), ("c", "pro", 30)):
        world.person(name, plan=plan, monthly_revenue=revenue, renewal_date=f"2026-0{len(plan)}-01")
    world.person("d", email_consent=False)
    found = statistics_of(world)
    assert found["plan"] == FactStatistics(3, 4, (("pro", 2), ("free", 1)))
    assert found["monthly_revenue"] == FactStatistics(3, 4, (), 10, 250.5, 30)
    assert found["renewal_date"] == FactStatistics(3, 4, (), "2026-03-01", "2026-04-01")
    assert found["email_consent"] == FactStatistics(4, 4, (("yes", 3), ("no", 1)))
    assert found["open_tickets"] == FactStatistics(0, 4)
    assert found["rich"] == SegmentStatistics(1, 4)


def test_of_what_is_personal_only_the_count_is_told(world: World) -> None:
    world.person("a", nickname="Belle", size=38)
    found = statistics_of(world)
    assert found["nickname"] == FactStatistics(1, 1)
    assert found["size"] == FactStatistics(1, 1)
    assert found["email"] == FactStatistics(1, 1)


def test_events_are_counted_with_their_customers(world: World) -> None:
    world.person("a")
    world.person("b")
    for name in ("a", "a", "b"):
        world.event(name, "logged_in")
    found = statistics_of(world)
    assert found["logged_in"] == EventStatistics(3, 2, START)
    assert found["signed_up"] == EventStatistics(0, 0, None)
