"""Files that are dropped into a folder are told like anything else that arrives."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from keepwarm.flows.drops import Drops
from keepwarm.store.customers import find_customer
from keepwarm.store.database import Database
from keepwarm.store.importing import import_events
from tests.journeys.world import World

RESCUE = """\
kind: transactional
start: {event: payment_failed, once: per invoice}
steps:
  - email: hello
"""


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    world = World(database, tmp_path / "playbooks")
    world.playbook("rescue", RESCUE)
    world.apply()
    return world


@pytest.fixture
def drops(world: World, tmp_path: Path) -> Drops:
    for name in ("customers", "events/payment_failed"):
        (tmp_path / "drops" / name).mkdir(parents=True)
    return Drops(world.system, tmp_path / "drops")


def test_a_file_is_taken_once_it_is_whole_and_playbooks_hear_of_it(
    world: World, drops: Drops
) -> None:
    people = drops.folder / "customers" / "people.csv"
    people.write_text("customer_id,E-mail,plan\nanna,anna@example.com,pro\n,nobody@x.example,pro\n")
    failed = drops.folder / "events" / "payment_failed" / "today.jsonl"
    failed.write_text('{"user_id": "anna", "invoice": "INV-1", "amount": 12.5}\n')
    assert drops.look() == 0
    failed.write_text(failed.read_text() + '{"user_id": "anna", "invoice": "INV-2"}\n')
    assert drops.look() == 1  # the other one was still being written
    assert drops.look() == 2
    world.work()
    assert [m.address for m in world.outbox()] == ["anna@example.com"] * 2
    done = drops.folder / "done" / "customers"
    assert (done / "people.csv").exists()
    assert (done / "people.csv.why.txt").read_text() == "line 3: it names no customer\n"
    assert not people.exists()


def test_the_same_file_again_changes_nothing(world: World, drops: Drops) -> None:
    for _ in range(2):
        (drops.folder / "events" / "mixed.csv").write_text(
            "customer,event,timestamp,event_id\nanna,logged_in,2026-03-01T10:00:00Z,e1\n"
        )
        drops.look()
        drops.look()
    world.work()
    assert world.rows("SELECT count(*) FROM event") == [(1,)]


def test_parquet_is_read_as_well(world: World, drops: Drops) -> None:
    path = drops.folder / "customers" / "people.parquet"
    duckdb.execute(
        "COPY (SELECT 'anna' AS customer, 12.50::DECIMAL(9,2) AS monthly_revenue,"
        f" DATE '2026-09-01' AS renewal_date) TO '{path}' (FORMAT parquet)"
    )
    drops.look()
    assert drops.look() == 1
    world.work()
    with world.database.reading() as cx:
        anna = find_customer(cx, "anna")
    assert anna is not None
    assert anna.attributes == {"monthly_revenue": 12.5, "renewal_date": "2026-09-01"}


def test_what_cannot_be_read_is_put_aside_with_the_reason(drops: Drops) -> None:
    (drops.folder / "customers" / "people.xlsx").write_bytes(b"PK")
    (drops.folder / "events" / "letter.parquet").write_bytes(b"Dear Ann")
    drops.look()
    drops.look()
    refused = drops.folder / "refused"
    assert "save it as" in (refused / "customers" / "people.xlsx.why.txt").read_text()
    assert (
        "cannot be read as Parquet" in (refused / "events" / "letter.parquet.why.txt").read_text()
    )


def test_a_dropped_consent_lifts_nothing_that_was_withdrawn(world: World, drops: Drops) -> None:
    """Law 23, as for an import."""
    world.person("anna", email_consent=False)
    (drops.folder / "customers" / "people.csv").write_text("customer,email_consent\nanna,yes\n")
    drops.look()
    drops.look()
    world.work()
    with world.database.reading() as cx:
        anna = find_customer(cx, "anna")
    assert anna is not None
    assert anna.attributes["email_consent"] is False


@pytest.mark.parametrize("identifier", ["", "17"])
def test_the_same_rows_in_the_folders_of_two_events_are_two_events(
    world: World, drops: Drops, identifier: str
) -> None:
    rows = f"customer,at,id\nanna,2026-03-01T10:00:00Z,{identifier}\n"
    for event in ("logged_in", "signed_up"):
        folder = drops.folder / "events" / event
        folder.mkdir()
        (folder / "today.csv").write_text(rows)
    assert (drops.look(), drops.look()) == (0, 2)
    world.work()
    assert sorted(world.rows("SELECT name FROM event")) == [("logged_in",), ("signed_up",)]


def test_an_event_with_an_identifier_is_one_whether_it_is_dropped_or_imported(
    world: World, drops: Drops, tmp_path: Path
) -> None:
    file = tmp_path / "today.csv"
    file.write_text("customer,event,at,id\nanna,logged_in,2026-03-01T10:00:00Z,17\n")
    with world.database.reading() as cx:
        catalog = world.system.shelf.catalog(cx)
    assert catalog is not None
    assert import_events(world.database, file, catalog, world.now).new == 1
    file.rename(drops.folder / "events" / "today.csv")
    assert (drops.look(), drops.look()) == (0, 1)
    world.work()
    assert world.rows("SELECT count(*) FROM event") == [(1,)]
