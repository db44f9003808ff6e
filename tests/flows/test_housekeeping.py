"""What is done again and again, whatever playbooks there are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from keepwarm.app.simulating.limits import unknowable
from keepwarm.flows.housekeeping import keep_house_hourly
from keepwarm.flows.retaining import let_go, limits, would_go
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.retention import Kept
from keepwarm.store.customers import put_customers
from keepwarm.store.database import Database
from keepwarm.store.erasing import erase
from keepwarm.store.retaining import gone_so_far
from keepwarm.store.tables import OutcomeRow
from tests.journeys.world import POLICIES, World
from tests.store.worlds import one, plant, plant_message, plant_run

HELLO = """\
topic: tips
start: {event: signed_up, once: every time}
only_if:
  - none: [{logged_in: never}]
steps:
  - email: hello
"""
KEEP = "{events: 30 days, words: 30 days, changes: 30 days, decisions: 30 days}"


def test_what_is_old_goes_and_what_a_law_needs_stays(database: Database, tmp_path: Path) -> None:
    world = World(database, tmp_path / "playbooks")
    world.write("policies.yaml", f"{POLICIES}keep: {KEEP}\n")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.event("anna", "logged_in", message_id="one")
    world.event("anna", "cart_updated", items=3, message_id="two")
    world.event("anna", "signed_up", message_id="three")
    world.event("anna", "sung", message_id="four")  # the catalog does not have it
    world.run_for(hours=1)
    world.update("anna", plan="pro")
    world.run_for(days=45)
    world.update("anna", plan="team")
    world.event("anna", "cart_updated", items=4, message_id="five")
    found = {}
    with database.reading() as cx:
        for limit in limits(cx, world.shelf, world.now):
            found[limit.event or limit.kept.value] = (would_go(cx, limit), limit.because)
    assert found == {
        "cart_updated": (1, ""),
        "logged_in": (0, "a live playbook asks whether it ever happened"),
        "signed_up": (1, ""),
        "words": (1, ""),
        "arrivals": (1, ""),
        "changes": (1, ""),
        "decisions": (1, ""),
        "audit": (0, ""),
    }

    assert let_go(world.system)[Kept.EVENTS] == 2
    assert sorted(name for (name,) in world.rows("SELECT name FROM event")) == [
        "cart_updated", "logged_in",
    ]  # fmt: skip
    assert world.rows("SELECT 1 FROM outcome WHERE personal IS NOT NULL") == []
    assert world.rows("SELECT 1 FROM decision WHERE seen IS NOT NULL") == []
    assert world.rows("SELECT 1 FROM inbox WHERE problem IS NOT NULL") == []
    assert len(world.rows("SELECT 1 FROM attribute_change")) == 1
    assert world.rows("SELECT 1 FROM consent") != []
    assert world.rows("SELECT 1 FROM audit") != []
    assert [status for _, status, _ in world.ended("anna")] == ["sent"]
    # What is told again is known, although the event itself has gone (law 3).
    world.event("anna", "signed_up", message_id="three")
    assert len(world.rows("SELECT 1 FROM event")) == 2
    with database.reading() as cx:
        gone = gone_so_far(cx)
    assert gone[Kept.EVENTS].rows == 2
    assert any("never happened" in said for said in unknowable([], gone))
    assert not let_go(world.system).get(Kept.EVENTS)


def test_what_comes_about_an_erased_customer_is_cleared_within_the_hour(
    database: Database, tmp_path: Path
) -> None:
    world = World(database, tmp_path / "playbooks")
    with database.writing() as cx:
        put_customers(cx, [("anna", {"email": "anna@example.com"})], world.now)
        customer = one(cx, "SELECT id FROM customer")
        plant_run(cx, 1, customer)
        plant_message(cx, 1, 1, customer)
        erase(cx, "anna", "ops", world.system.pepper, Catalog(), world.now)
    assert keep_house_hourly(world.system)
    with database.writing() as cx:
        plant(cx, OutcomeRow, message_id=1, attempt=0, status="failed", at=world.now,
              reason="no mailbox of anna")  # fmt: skip
    assert not keep_house_hourly(world.system)

    world.now += timedelta(hours=1)
    assert keep_house_hourly(world.system)
    with database.reading() as cx:
        reasons = cx.execute(text("SELECT reason FROM outcome WHERE status = 'failed'")).scalars()
        assert list(reasons) == ["erased"]
