"""Attributes keep their past: what was known before each change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.run import FactsChanged, PointsAdded, TagChanged
from keepwarm.store.customers import find_customer, put_customers
from keepwarm.store.database import Database
from keepwarm.store.effects import change_facts
from keepwarm.store.merging import merge
from keepwarm.store.people import ALL, Consent, record_consents
from tests.store.worlds import rows

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def told(cx: Connection, now: datetime, **values: Any) -> int:
    put_customers(cx, [("ann", values)], now)
    found = find_customer(cx, "ann")
    assert found is not None
    return found.id


def past(cx: Connection) -> list[tuple[Any, ...]]:
    """Give (when, by which playbook, what was known), oldest first."""
    found = cx.execute(
        text("SELECT at, playbook, CAST(was AS TEXT) FROM attribute_change ORDER BY id")
    )
    return [
        ((at // 1_000_000) - int(NOW.timestamp()), by, orjson.loads(was)) for at, by, was in found
    ]


def test_nothing_is_kept_while_a_customer_is_made(database: Database) -> None:
    with database.writing() as cx:
        ann = told(cx, NOW, plan="free", email="ann@example.com")
        told(cx, NOW, plan="pro")
        record_consents(cx, [Consent(ann, "email", ALL, allowed=True, source="test", at=NOW)], NOW)
        assert past(cx) == []


def test_what_was_known_before_is_kept_and_only_of_what_changed(database: Database) -> None:
    with database.writing() as cx:
        told(cx, NOW, plan="free", email="ann@example.com", seats=3, agreed=True)
        told(cx, LATER, plan="pro", email="Ann2@example.com", seats=3, agreed=True, city="Rome")
        told(cx, LATER + timedelta(hours=1), plan=None, seats=3)
        told(cx, LATER + timedelta(hours=2), seats=3)
        assert past(cx) == [
            (3600, "", {"plan": "free", "email": "ann@example.com", "city": None}),
            (7200, "", {"plan": "pro"}),
        ]


def test_a_consent_keeps_what_was_said_before(database: Database) -> None:
    with database.writing() as cx:
        ann = told(cx, NOW, plan="free")
        for hours, allowed in enumerate((True, True, False), start=1):
            at = NOW + timedelta(hours=hours)
            record_consents(cx, [Consent(ann, "email", ALL, allowed, "test", at)], at)
        assert past(cx) == [
            (3600, "", {"email_consent": None}),
            (10800, "", {"email_consent": True}),
        ]


def test_what_a_playbook_changes_is_kept_in_its_name(database: Database) -> None:
    with database.writing() as cx:
        ann = told(cx, NOW, plan="free", language="en")
        set_both = FactsChanged(0, (("plan", "pro"), ("language", "nl")))
        changes: list[FactsChanged | TagChanged | PointsAdded]
        changes = [set_both, TagChanged(0, "tags", "vip", remove=False), PointsAdded(0, Decimal(5))]
        for hours, change in enumerate(changes, start=1):
            change_facts(cx, change, [ann], NOW + timedelta(hours=hours), "p")
        assert past(cx) == [
            (3600, "p", {"plan": "free", "language": "en"}),
            (7200, "p", {"tags": None}),
            (10800, "p", {"points": None}),
        ]
        known = find_customer(cx, "ann")
        assert known is not None
        assert known.attributes == {"plan": "pro", "language": "nl", "tags": ["vip"], "points": 5}


def test_a_merge_keeps_the_past_of_the_one_who_stays(database: Database) -> None:
    with database.writing() as cx:
        told(cx, NOW, plan="free")
        put_customers(cx, [("ben", {"city": "Rome"})], NOW)
        put_customers(cx, [("ben", {"city": "Oslo"})], LATER)
        merge(cx, "ann", "ben", "tester", LATER + timedelta(hours=1))
        assert past(cx) == [(7200, "", {"city": None})]
        assert rows(cx, "SELECT count(*) FROM attribute_change") == [(1,)]
