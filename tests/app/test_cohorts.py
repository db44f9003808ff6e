"""Cohorts that a source keeps: tags that come and go with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from keepwarm.connectors.sources.registry import make_source
from keepwarm.store.customers import find_customer
from keepwarm.store.merging import merge
from tests.app.serving import Site, serving
from tests.app.test_sources import post
from tests.journeys.world import World
from tests.sources.given import ENTERED, MEMBERS, SECRET, by_password, by_token

CATALOG = """\
attributes:
  cohorts:
    is: tags
    from: [mixpanel cohorts, amplitude cohorts]
    read_as: {Power users: power_user}
"""
WELCOME = """\
kind: transactional
start:
  becomes:
    - cohorts: has power_user
steps:
  - email: hello
"""


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    world.write("catalog/told.yaml", CATALOG)
    world.playbook("welcome", WELCOME)
    world.apply()
    for name in ("anna", "ben", "cleo"):
        world.person(name)
    settings = {"MIXPANEL_WEBHOOK_PASSWORD": SECRET, "AMPLITUDE_SECRET": SECRET}
    made = {name: make_source(name, settings, world.clock) for name in ("mixpanel", "amplitude")}
    with serving(world, sources=made) as running:
        yield running


def page(action: str, session: str, number: int, total: int, *people: str) -> dict[str, Any]:
    parameters = {
        **MEMBERS["parameters"],
        "mixpanel_session_id": session,
        "page_info": {"total_pages": total, "current_page": number},
        "members": [{"email": f"{name}@example.com"} for name in people],
    }
    return {"action": action, "parameters": parameters}


def tell(site: Site, told: dict[str, Any]) -> None:
    assert post(site, "mixpanel", told, by_password).status == 200
    site.world.work()


def members(site: Site) -> list[str]:
    with site.world.database.reading() as cx:
        found = [find_customer(cx, name) for name in ("anna", "ben", "cleo")]
    return [
        each.customer for each in found if each and each.attributes.get("cohorts") == ["power_user"]
    ]


def test_all_members_sent_anew_take_the_place_of_those_before(site: Site) -> None:
    tell(site, page("members", "s1", 1, 2, "anna"))
    tell(site, page("members", "s1", 2, 2, "ben"))
    assert members(site) == ["anna", "ben"]
    tell(site, page("members", "s2", 1, 2, "ben"))
    assert members(site) == ["anna", "ben"]  # until the last page is there
    tell(site, page("members", "s2", 2, 2, "cleo"))
    assert members(site) == ["ben", "cleo"]


def test_pages_in_another_order_and_twice_come_to_the_same(site: Site) -> None:
    tell(site, page("members", "s1", 1, 1, "anna"))
    tell(site, page("members", "s2", 2, 2, "cleo"))
    tell(site, page("members", "s2", 1, 2, "ben"))
    tell(site, page("members", "s2", 2, 2, "cleo"))
    assert members(site) == ["ben", "cleo"]


def test_who_enters_and_who_leaves_is_told_by_itself(site: Site) -> None:
    tell(site, page("add_members", "s1", 1, 1, "anna", "ben"))
    tell(site, page("remove_members", "s2", 1, 1, "anna", "cleo"))
    assert members(site) == ["ben"]
    assert post(site, "amplitude", ENTERED, by_token).status == 204
    site.world.work()
    with site.world.database.reading() as cx:
        ben = find_customer(cx, "ben")
    assert ben is not None
    assert ben.attributes["cohorts"] == ["power_user", "Quiet"]


def test_whoever_enters_a_cohort_enters_the_playbook_that_waits_for_it(site: Site) -> None:
    site.world.run_for(minutes=15)
    tell(site, page("add_members", "s1", 1, 1, "ben"))
    site.world.run_for(minutes=30)
    assert [who for who, *_ in site.world.runs("welcome")] == ["ben"]


def test_a_merge_and_an_erasure_take_memberships_along(site: Site) -> None:
    tell(site, page("members", "s1", 1, 1, "anna", "ben"))
    with site.world.database.writing() as cx:
        merge(cx, "anna", "ben", "ann", site.world.now)
    assert site.world.rows("SELECT count(*) FROM cohort_member") == [(1,)]
    tell(site, page("members", "s2", 1, 1, "cleo"))
    assert members(site) == ["cleo"]
