"""Of several things of a customer's, such as subscriptions, the one that counts is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from keepwarm.schema.catalog import Catalog
from keepwarm.store.customers import keys_made
from keepwarm.store.database import Database
from keepwarm.store.erasing import erase
from keepwarm.store.merging import merge
from keepwarm.store.things_told import ThingTold, facts_that_count

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OVER, ENDING, IN_FORCE = 0, 1, 2


def test_the_thing_that_counts_is_known_also_once_two_customers_are_one(
    database: Database,
) -> None:
    with database.writing() as cx:
        keys, _ = keys_made(cx, ["ann", "an"], NOW)

        def told(who: str, thing: str, standing: int, day: int, **facts: str) -> ThingTold:
            return ThingTold(keys[who], "stripe", thing, standing, NOW + timedelta(day), facts)

        assert facts_that_count(cx, [
            told("ann", "old", IN_FORCE, 1, plan="solo", trial="until May"),
            told("ann", "new", IN_FORCE, 2, plan="duo"),
            told("ann", "old", ENDING, 3, plan="solo"),
            told("an", "third", OVER, 9, plan="none"),
        ]) == [
            {"plan": "solo", "trial": "until May"},
            # What only the other one told is nothing.
            {"plan": "duo", "trial": None},
            {"plan": "duo"},
            {"plan": "none"},
        ]  # fmt: skip
        merge(cx, "ann", "an", "tester", NOW)
        assert facts_that_count(cx, [
            told("ann", "third", IN_FORCE, 8, plan="late"),
            told("ann", "new", OVER, 4, plan="gone"),
            told("ann", "old", OVER, 5, plan="gone too"),
        ]) == [{"plan": "duo"}, {"plan": "solo"}, {"plan": "none"}]  # fmt: skip
        erase(cx, "ann", "tester", b"pepper", Catalog(), NOW)
        assert cx.execute(text("SELECT count(*) FROM thing_told")).scalar() == 0
