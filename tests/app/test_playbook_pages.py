"""Playbooks as pages: what is live, and each with its picture and the customers in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.app.counting import KeptCounts, count_notes, count_version
from keepwarm.engine.drawing_notes import Notes
from keepwarm.engine.plan import END, START
from keepwarm.store.database import Database
from tests.app.serving import Site, serving
from tests.journeys.world import World

HELLO = """\
topic: tips
start: {event: signed_up}
goal: {event: project_created, within: 90 days}
steps:
  - email: hello
  - wait: 3 days
  - if:
      - plan: pro
    then:
      - sms: nudge
  - email: last
"""


def lived_through(world: World) -> World:
    world.playbook("hello", HELLO)
    world.apply()
    for name, plan in (("anna", "pro"), ("ben", "free"), ("cleo", "free"), ("dora", "pro")):
        world.person(name, plan=plan)
        world.event(name, "signed_up")
    world.event("dora", "project_created")
    world.run_for(days=4)
    world.person("eve", plan="free", email_consent=False)
    world.event("eve", "signed_up")
    return world


def notes_of(world: World) -> Notes:
    with world.database.reading() as cx:
        live = world.shelf.live(cx)["hello"]
        return count_notes(live.plan, count_version(cx, "hello", live.released.version_id))


def test_counts_say_how_many_came_wait_and_took_each_way(world: World) -> None:
    notes = notes_of(lived_through(world))
    assert notes.under[START] == ("5 entered",)
    assert notes.under[0] == ("4 sent, 1 skipped",)
    assert notes.under[1] == ("1 here now",)
    # dora's goal was reached while she waited: she came as far as the wait.
    assert notes.into == {0: "5", 1: "5", 2: "3", 3: "1", 4: "3", END: "3"}
    assert notes.arms == {(2, 0): "1", (2, 1): "2"}
    assert (notes.goal, notes.done, notes.stopped) == ("1 reached it", "3 came here", "")


def test_nobody_yet_is_no_count(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    assert notes_of(world) == Notes(under={START: ("0 entered",)})


@pytest.fixture
def shown(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    with serving(lived_through(World(sqlite_database, tmp_path / "playbooks"))) as running:
        yield running


def test_the_list_leads_to_each_playbook(shown: Site) -> None:
    page = shown.get("/playbooks")
    assert "About hello" in page.text
    assert "1 inside" in page.text
    assert 'href="/playbooks/hello"' in page.text


def test_a_playbook_shows_its_picture_with_counts_and_the_same_as_a_table(shown: Site) -> None:
    page = shown.get("/playbooks/hello")
    assert page.status == 200
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img"' in page.text
    assert ">4 sent, 1 skipped</text>" in page.text
    row = re.search(r"<tr>((?:(?!</tr>).)*e-mail hello.*?)</tr>", page.text)
    assert row is not None
    assert re.findall(r">([^<]*)</td>", row[1]) == ["9", "e-mail hello", "5", "", "4", "1", ""]
    # Style and scripts of its own would be refused by the policy of the service.
    assert "<style" not in page.text
    assert ' style="' not in page.text
    assert "<script" not in page.text
    assert ".chart .wire" in shown.get("/style.css").text


def test_those_inside_older_versions_are_said(shown: Site) -> None:
    shown.world.playbook("hello", HELLO.replace("3 days", "5 days"))
    shown.world.apply()
    assert "<dd>0, and 1 in older versions</dd>" in shown.get("/playbooks/hello").text


def test_counts_are_kept_the_longer_the_more_they_cost(world: World) -> None:
    lived_through(world)
    kept = KeptCounts()
    with world.database.reading() as cx:
        version = world.shelf.live(cx)["hello"].released.version_id
        first, at = kept.of(cx, "hello", version, world.now)
        later = world.now + timedelta(seconds=1)
        assert kept.of(cx, "hello", version, later) == (first, at)
        assert KeptCounts().of(cx, "hello", version, later) == (first, later)


def test_a_playbook_that_is_not_live_is_said(shown: Site) -> None:
    assert shown.get("/playbooks/nothing", Accept="text/html").status == 404


def test_other_machines_see_no_playbook(shown: Site) -> None:
    assert shown.get("/playbooks", Host="evil.example").status == 403
    assert shown.get("/playbooks/hello", Host="evil.example").status == 403
