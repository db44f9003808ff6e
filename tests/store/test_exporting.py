"""All that is kept about a customer, as the customer may ask for it."""

from __future__ import annotations

import orjson

from keepwarm.store.customers import find_customer
from keepwarm.store.database import Database
from keepwarm.store.exporting import everything_about
from keepwarm.store.tables import Row
from tests.store.test_erasing import PEPPER, a_world
from tests.store.worlds import rows

#: Personal, yet nobody's own: shared rows, and what says how things run.
NOT_GIVEN = {"inbox", "audit"}


def exported(database: Database) -> dict[str, list[dict[str, object]]]:
    a_world(database)
    with database.reading() as cx:
        ann = find_customer(cx, "quxann")
        assert ann is not None
        return dict(everything_about(cx, ann, PEPPER))


def test_every_table_that_knows_the_customer_is_in_it(database: Database) -> None:
    found = exported(database)
    with database.reading() as cx:
        telling = {
            name
            for name, table in Row.metadata.tables.items()
            if any("qux" in str(row).lower() for row in rows(cx, f"SELECT * FROM {table.name}"))
        }
    assert telling - NOT_GIVEN <= found.keys()
    assert {"identity", "event", "consent", "run", "decision", "message", "outcome"} <= telling


def test_nothing_of_anybody_else_is_in_it(database: Database) -> None:
    written = orjson.dumps(exported(database)).decode()
    assert "quxsecret" in written
    assert "of ben" not in written
    assert "ben@example.com" not in written


def test_an_address_that_may_not_be_used_says_why(database: Database) -> None:
    assert exported(database)["suppression"] == [
        {"channel": "email", "address": "quxann@example.com", "reason": "bounced"}
    ]
