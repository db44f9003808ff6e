from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from keepwarm.store.customers import find_customer, put_customers
from keepwarm.store.database import Database
from keepwarm.store.events import NewEvent, put_events

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(number: int, **other: Any) -> NewEvent:
    told: dict[str, Any] = {"customer": "ann", "name": "ordered", "at": NOW - HOUR,
                            "source": "shop", "source_id": str(number)} | other  # fmt: skip
    return NewEvent(**told)


def kept(db: Database, columns: str) -> list[tuple[Any, ...]]:
    with db.reading() as cx:
        found = cx.execute(text(f"SELECT {columns} FROM event ORDER BY id"))
        return [tuple(row) for row in found]


@pytest.mark.parametrize("count", [1, 3_000])
def test_an_event_told_twice_changes_nothing(database: Database, count: int) -> None:
    events = [event(number) for number in range(count)]
    with database.writing() as cx:
        first = put_events(cx, events, NOW)
    with database.writing() as cx:
        second = put_events(cx, [*events, event(-1)], NOW + HOUR)
    assert (first.new, first.known, first.customers_made) == (count, 0, 1)
    assert (second.new, second.known, second.customers_made) == (1, count, 0)
    assert kept(database, "received_at")[0] == kept(database, "received_at")[count - 1]


def test_the_same_identifier_from_another_source_is_another_event(database: Database) -> None:
    with database.writing() as cx:
        assert put_events(cx, [event(1), event(1, source="crm"), event(1)], NOW).new == 2


def test_of_one_identifier_told_of_two_customers_the_first_told_counts(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {}), ("ben", {})], NOW)
        put = put_events(cx, [event(1, customer="ben"), event(1, customer="ann")], NOW)
        ben = find_customer(cx, "ben")
    assert (put.new, put.known) == (1, 1)
    assert ben is not None
    assert kept(database, "customer_id") == [(ben.id,)]


def test_an_event_makes_the_customer_that_is_not_known(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {"plan": "pro"})], NOW)
        put = put_events(cx, [event(1), event(2, customer="ben"), event(3, customer="ben")], NOW)
        ben = find_customer(cx, "ben")
        ann = find_customer(cx, "ann")
    assert put.customers_made == 1
    assert ben is not None
    assert ann is not None
    assert ann.attributes == {"plan": "pro"}
    assert kept(database, "customer_id") == [(ann.id,), (ben.id,), (ben.id,)]


def test_time_in_the_future_is_clamped_to_the_arrival(database: Database) -> None:
    events = [event(1, at=NOW + HOUR), event(2, at=NOW - HOUR),
              event(3, at=NOW, received_at=NOW - HOUR)]  # fmt: skip
    with database.writing() as cx:
        put_events(cx, events, NOW)
    now, hour = int(NOW.timestamp() * 1e6), 3_600_000_000
    assert kept(database, "at, received_at") == [
        (now, now),
        (now - hour, now),
        (now - hour, now - hour),
    ]


def test_events_of_one_moment_stay_in_the_order_told(database: Database) -> None:
    with database.writing() as cx:
        put = put_events(cx, [event(number) for number in (30, 4, 100)], NOW)
    assert kept(database, "source_id") == [("30",), ("4",), ("100",)]
    assert kept(database, "id") == [(key,) for key in put.ids]


def test_properties_are_kept(database: Database) -> None:
    with database.writing() as cx:
        put_events(cx, [event(1, properties={"invoice": "INV-1", "amount": 12.5})], NOW)
    read = "properties ->> 'invoice', properties ->> 'amount'"
    assert [(invoice, float(amount)) for invoice, amount in kept(database, read)] == [
        ("INV-1", 12.5)
    ]
