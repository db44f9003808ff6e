from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from keepwarm.engine.facts import Value
from keepwarm.schema.words import Channel
from keepwarm.store.customers import (
    CustomersPut,
    Told,
    add_names,
    find_by_address,
    find_customer,
    keys_made,
    keys_of,
    put_customers,
    read_customers,
)
from keepwarm.store.database import Database
from keepwarm.store.identities import customer_known_as

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FREE: dict[str, Value] = {"plan": "free", "n": 1}


def attributes(db: Database, customer: str) -> dict[str, object]:
    with db.reading() as cx:
        found = find_customer(cx, customer)
    assert found is not None
    return dict(found.attributes)


def test_what_is_told_is_merged_name_by_name(database: Database) -> None:
    with database.writing() as cx:
        told: dict[str, Value | None] = {
            "plan": "free",
            "employees": 3,
            "tags": ["a", "b"],
            "email": "Ann@Example.com",
        }
        assert put_customers(cx, [("ann", told)], NOW) == CustomersPut(1, 0, 0)
    with database.writing() as cx:
        told = {"plan": "pro", "employees": None, "tags": ["c"], "timezone": "Europe/Amsterdam"}
        assert put_customers(cx, [("ann", told)], LATER) == CustomersPut(0, 1, 0)

    assert attributes(database, "ann") == {
        "plan": "pro",
        "tags": ["c"],
        "email": "ann@example.com",
        "timezone": "Europe/Amsterdam",
    }


def test_none_takes_a_column_away_and_what_is_not_told_stays(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {"email": "ann@example.com", "phone": "+31 6 12345678"})], NOW)
    with database.writing() as cx:
        put_customers(cx, [("ann", {"email": None})], NOW)
    assert attributes(database, "ann") == {"phone": "+31612345678"}


def test_telling_the_same_again_changes_nothing(database: Database) -> None:
    told: list[Told] = [
        (f"c{n}", {"plan": "pro", "n": n, "email": f"{n}@example.com"}) for n in range(6_000)
    ]
    with database.writing() as cx:
        assert put_customers(cx, told, NOW) == CustomersPut(6_000, 0, 0)
    with database.writing() as cx:
        assert put_customers(cx, told, LATER) == CustomersPut(0, 0, 6_000)
        changed = "SELECT count(*) FROM customer WHERE updated_at > created_at"
        assert cx.execute(text(changed)).scalar_one() == 0
    with database.writing() as cx:
        mixed: list[Told] = [
            ("c0", {"plan": "free"}),
            ("c1", {"plan": "pro"}),
            ("new", {}),
            ("new", {"n": 1}),
        ]
        assert put_customers(cx, mixed, LATER) == CustomersPut(1, 1, 1)


def test_of_what_is_told_twice_the_last_counts(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", FREE), ("ann", {"plan": "pro"})], NOW)
    assert attributes(database, "ann") == {"plan": "pro", "n": 1}


def test_consent_is_not_told_but_recorded(database: Database) -> None:
    with pytest.raises(ValueError, match="record_consents"), database.writing() as cx:
        put_customers(cx, [("ann", {"email_consent": True})], NOW)


def test_a_customer_without_an_identifier_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="no identifier"), database.writing() as cx:
        put_customers(cx, [("", {"plan": "pro"})], NOW)
    with pytest.raises(ValueError, match="no identifier"), database.writing() as cx:
        keys_made(cx, ["ann", ""], NOW)


def test_keys_are_made_for_those_not_known(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {"plan": "pro"})], NOW)
        before = keys_of(cx, ["ann", "ben"])
        keys, made = keys_made(cx, ["ben", "ann", "ben"], NOW)
        again = keys_made(cx, ["ben"], NOW)
    assert before == {"ann": keys["ann"]}
    assert made == 1
    assert again == ({"ben": keys["ben"]}, 0)


def test_customers_are_found_by_their_addresses_however_written(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("ann", {"email": "ann@example.com"}),
                           ("bea", {"phone": "+31612345678"}),
                           ("ben", {"email": "ANN@example.com "})], NOW)  # fmt: skip
    with database.reading() as cx:
        mailed = find_by_address(cx, Channel.EMAIL, "Ann@Example.COM")
        texted = find_by_address(cx, Channel.SMS, "+31 (6) 1234-5678")
        assert find_by_address(cx, Channel.CHAT, "#billing") == []
    assert [each.customer for each in mailed] == ["ann", "ben"]
    assert [each.customer for each in texted] == ["bea"]


def test_nobody_is_found_where_nobody_is(database: Database) -> None:
    with database.reading() as cx:
        assert find_customer(cx, "nobody") is None
        assert read_customers(cx, [1, 2]) == []
        assert keys_of(cx, []) == {}


def test_a_name_that_somebody_has_stays_theirs(database: Database) -> None:
    with database.writing() as cx:
        keys, _ = keys_made(cx, ["ann", "ben"], NOW)
        assert add_names(cx, [("anonymous", "x1", keys["ann"])], NOW) == 1
        assert add_names(cx, [("anonymous", "x1", keys["ben"])], LATER) == 0
        assert customer_known_as(cx, "x1") == "ann"
        assert customer_known_as(cx, "x2") is None
