"""What is done again and again, whatever playbooks there are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from keepwarm.flows.housekeeping import keep_house_hourly
from keepwarm.schema.catalog import Catalog
from keepwarm.store.customers import put_customers
from keepwarm.store.database import Database
from keepwarm.store.erasing import erase
from keepwarm.store.tables import OutcomeRow
from tests.journeys.world import World
from tests.store.conftest import (
    database,
    postgresql_server,
    source,
    sqlite_database,
    sqlite_files,
    sqlite_url,
)
from tests.store.worlds import one, plant, plant_message, plant_run

__all__ = [
    "database",
    "postgresql_server",
    "source",
    "sqlite_database",
    "sqlite_files",
    "sqlite_url",
]


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
