"""A round of work on one playbook, where much is due at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from keepwarm.flows import advancing, rounds
from keepwarm.flows.rounds import work_round
from keepwarm.store.customers import put_customers
from keepwarm.store.database import Database
from keepwarm.store.landmarks import Landmark, watch
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS

BATCH, PEOPLE = 10, 35

NEWS = """\
kind: transactional
start:
  every: day at 09:30
  for_customers:
    - plan: free
steps:
  - email: hello
  - sms: nudge
"""


@pytest.mark.postgres
def test_a_batch_is_decided_while_messages_of_the_one_before_it_are_sent(
    postgresql_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(postgresql_database, tmp_path / "playbooks")
    world.playbook("news", NEWS)
    world.apply()
    numbers = [f"+3161{n:07d}" for n in range(PEOPLE)]
    told = [(each, {"email": f"{each}@example.com", "phone": each, "plan": "free"})
            for each in numbers]  # fmt: skip
    with postgresql_database.writing() as cx:
        put_customers(cx, told, world.now)
    for module in (advancing, rounds):
        monkeypatch.setattr(module, "BATCH", BATCH)
    met, seen = Barrier(2), list[Landmark]()

    def watcher(reached: Landmark) -> None:
        seen.append(reached)
        # Inside their transactions, the second batch and texts of the first wait for each other.
        if (reached, seen.count(reached)) in {(Landmark.TAKING_RUNS, 2), (Landmark.CLAIMING, 2)}:
            met.wait(timeout=PATIENCE_SECONDS)

    watch(watcher)
    try:
        world.now += timedelta(minutes=30)
        asyncio.run(work_round(world.system, "news"))
    finally:
        watch(None)

    addresses = sorted(message.address for message in world.connector.sent)
    assert addresses == sorted([*numbers, *(f"{each}@example.com" for each in numbers)])
    assert seen.count(Landmark.DECIDED) == 4
    assert asyncio.run(work_round(world.system, "news")).is_idle
