"""Who is meant by what a source says of somebody."""

from __future__ import annotations

from datetime import UTC, datetime

from keepwarm.schema.catalog import Catalog
from keepwarm.store.customers import find_customer, put_customers
from keepwarm.store.database import Database
from keepwarm.store.erasing import erase
from keepwarm.store.identities import Who, people_meant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEPPER = b"p" * 32


def meant(db: Database, *whos: Who) -> list[str]:
    with db.writing() as cx:
        return list(people_meant(cx, whos, PEPPER, NOW))


def known(db: Database, **emails: str) -> None:
    with db.writing() as cx:
        put_customers(cx, [(name, {"email": email}) for name, email in emails.items()], NOW)


def stripe(name: str, **more: str) -> Who:
    return Who(names=(("stripe", name),), **more)


def test_the_companys_own_identifier_decides(database: Database) -> None:
    known(database, ben="anna@example.com")
    assert meant(database, Who("anna", email="anna@example.com"), Who("ben")) == ["anna", "ben"]


def test_an_address_that_exactly_one_customer_has_names_them_from_then_on(
    database: Database,
) -> None:
    known(database, anna="anna@example.com", ben="both@example.com", cleo="both@example.com")
    who = stripe("cus_1", email="Anna@Example.com")
    assert meant(database, who) == ["anna"]
    assert meant(database, stripe("cus_1")) == ["anna"]
    # Of two who share one, nobody is guessed.
    assert meant(database, stripe("cus_2", email="both@example.com")) == ["stripe:cus_2"]


def test_whoever_is_nobody_yet_becomes_the_one_who_is_told_of_later(database: Database) -> None:
    assert meant(database, stripe("cus_1")) == ["stripe:cus_1"]
    known(database, anna="anna@example.com")
    assert meant(database, stripe("cus_1", email="anna@example.com")) == ["anna"]
    with database.reading() as cx:
        found = find_customer(cx, "stripe:cus_1")
    assert found is not None
    assert found.customer == "anna"


def test_a_batch_may_tell_who_somebody_is_before_or_after(database: Database) -> None:
    first = Who(names=(("anonymous", "x1"),))
    both = Who("anna", names=(("anonymous", "x1"),))
    assert meant(database, first, both, first)[1:] == ["anna", "anna"]
    assert meant(database, first) == ["anna"]
    assert meant(database, Who("ben", names=(("anonymous", "x1"),)), first) == ["ben", "anna"]


def test_an_address_alone_is_a_customer_whose_identifier_does_not_hold_it(
    database: Database,
) -> None:
    [name] = meant(database, Who(email="Anna@Example.com"))
    assert "anna" not in name.lower()
    assert meant(database, Who(email="anna@example.com ")) == [name]
    with database.reading() as cx:
        found = find_customer(cx, name)
    assert found is not None
    assert found.attributes == {"email": "anna@example.com"}


def test_a_phone_number_counts_where_there_is_no_e_mail_address(database: Database) -> None:
    with database.writing() as cx:
        put_customers(cx, [("anna", {"phone": "+31612345678"})], NOW)
    assert meant(database, stripe("cus_1", phone="+31 6 1234 5678")) == ["anna"]


def test_names_of_somebody_who_was_erased_are_nobodys(database: Database) -> None:
    meant(database, Who("anna", names=(("anonymous", "x1"),)))
    with database.writing() as cx:
        erase(cx, "anna", "ann", PEPPER, Catalog(), NOW)
    assert meant(database, Who(names=(("anonymous", "x1"),))) == ["anonymous:x1"]
