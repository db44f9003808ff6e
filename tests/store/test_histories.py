"""Histories are read as they stood: what was known when, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from keepwarm.engine.facts import Happening
from keepwarm.engine.replay.history import Barred, Chose, History, Learned, Occurred
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.customers import find_customer, put_customers
from keepwarm.store.database import Database
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.histories import Recorded, batches, read_histories
from keepwarm.store.importing import import_customers, import_events
from keepwarm.store.people import (
    Consent,
    Suppression,
    SuppressionReason,
    record_consents,
    suppress,
)
from tests.schema.acme import catalog

PEPPER = b"p" * 32
SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=10)


def after(**length: float) -> datetime:
    return SINCE + timedelta(**length)


def histories(database: Database, *events: str) -> dict[str, History]:
    recorded = Recorded(SINCE, UNTIL, dict.fromkeys(events), PEPPER)
    with database.reading() as cx:
        found = [one for batch in batches(cx) for one in read_histories(cx, recorded, batch)]
    return {each.customer: each for each in found}


def test_attributes_stand_as_at_the_start_and_change_in_their_time(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {"plan": "free", "seats": 1})], after(days=-9))
        put_customers(cx, [("ann", {"seats": 2})], after(days=-5))
        put_customers(cx, [("ann", {"plan": "pro"})], after(days=1))
        put_customers(cx, [("ann", {"plan": None, "city": "Rome"})], after(days=3))
        put_customers(cx, [("ben", {"plan": "free"})], after(days=2))
    found = histories(database)
    assert found["ann"] == History(
        "ann",
        {"plan": "free", "seats": 2},
        [
            Learned(after(days=1), {"plan": "pro"}),
            Learned(after(days=3), {"plan": None, "city": "Rome"}),
        ],
        key=1,
    )
    assert found["ben"] == History("ben", {"plan": "free"}, [], after(days=2), key=2)


def test_an_event_arrives_when_it_arrived_and_happens_when_it_happened(database: Database) -> None:
    late = NewEvent("ann", "logged_in", after(hours=1), "app", "1", {}, after(hours=5))
    at_once = NewEvent("ann", "logged_in", after(hours=2), "app", "2", {"a": 1}, after(hours=2))
    other = NewEvent("ann", "something_else", after(hours=2), "app", "3", {}, after(hours=2))
    with database.writing() as cx:
        put_customers(cx, [("ann", {})], after(days=-1))
        put_events(cx, [late, at_once, other], after(hours=5))
    arrivals = histories(database, "logged_in")["ann"].arrivals
    assert [(one.at, one.happening) for one in arrivals if isinstance(one, Occurred)] == [
        (after(hours=2), Happening(after(hours=2), {"a": 1})),
        (after(hours=5), Happening(after(hours=1), {})),
    ]


def test_what_came_with_a_file_was_known_all_along(database: Database, tmp_path: Path) -> None:
    people, orders = tmp_path / "people.csv", tmp_path / "logins.csv"
    people.write_text("customer_id,plan\nann,free\n")
    orders.write_text("customer_id,at\nann,2026-03-04T08:00:00Z\n")
    import_customers(database, people, catalog(), after(days=8))
    import_events(database, orders, catalog(), after(days=8), event="logged_in")
    ann = histories(database, "logged_in")["ann"]
    assert ann.known_since is None
    assert [each.at for each in ann.arrivals] == [after(days=2)]


def test_choices_and_suppressions_count_from_their_moment(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {"email": "ann@example.com"})], after(days=-1))
        put_customers(cx, [("ann", {"email": "ann@example.org"})], after(days=1))
        ann = find_customer(cx, "ann")
        assert ann is not None
        no = Consent(ann.id, "email", "tips", allowed=False, source="page", at=after(days=2))
        record_consents(cx, [no], after(days=2))
        hashed = address_hash(PEPPER, Channel.EMAIL, "ANN@example.com")
        bounced = SuppressionReason.BOUNCED
        suppress(cx, [Suppression(Channel.EMAIL, hashed, bounced, after(hours=3))])
    assert histories(database)["ann"].arrivals == [
        Barred(after(hours=3), Channel.EMAIL, "ann@example.com", "bounced"),
        Learned(after(days=1), {"email": "ann@example.org"}),
        Chose(after(days=2), "tips", "email", allowed=False),
    ]
