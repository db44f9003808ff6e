"""The reference job of `bench/`: its outcome is known to the last message."""

from __future__ import annotations

from bench.reference_job import keepwarm_job
from bench.reference_job.people import EXPECTED, make

from keepwarm.store.database import Database

CUSTOMERS = 10_000


def test_ten_thousand_customers_end_exactly_where_they_should(database: Database) -> None:
    world = make(CUSTOMERS)
    keepwarm_job.load(database, world)
    assert keepwarm_job.run(database, world.logins).outcome == EXPECTED[CUSTOMERS]
