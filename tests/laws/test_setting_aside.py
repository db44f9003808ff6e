"""A row that was damaged holds up nobody else, and goes on once it was mended (law 19)."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from keepwarm.connectors.contract import Limits
from keepwarm.flows.arrivals import Track, keep
from keepwarm.store.database import Database, Dialect
from keepwarm.store.inbox import Arrival
from tests.journeys.world import World
from tests.laws.test_circuits import START, queue_at_once

PEOPLE = [f"c{number}" for number in range(30)]


def waiting_chunk(world: World) -> None:
    """Have thirty messages wait in one chunk; each is followed by another an hour later."""
    world.playbook("hello", f"{START}  - email: hello\n  - wait: 1 hour\n  - email: last\n")
    world.apply()
    queue_at_once(world, PEOPLE, "hello")


def damage(world: World, sql: str) -> None:
    with world.database.writing() as cx:
        assert cx.execute(text(sql)).rowcount == 1


def told(world: World) -> list[str]:
    return [words for (words,) in world.rows("SELECT words FROM notice")]


@pytest.mark.parametrize("in_process", [False, True])
def test_law_19_a_damaged_message_waits_alone(world: World, *, in_process: bool) -> None:
    if in_process:
        world.connector.limits = Limits(batch=1000, transactional=True)
    waiting_chunk(world)
    damage(world, "UPDATE message SET kind = 'odd' WHERE id = 13")
    world.work()

    assert [end for _, end, _ in world.ended()].count("sent") == 29
    assert "hello: message 13 cannot be read (ValueError), and waits" in told(world)[0]
    world.run_for(hours=5)
    assert len(told(world)) == 1

    damage(world, "UPDATE message SET kind = 'transactional' WHERE id = 13")
    world.run_for(hours=3)

    assert [end for _, end, _ in world.ended()] == ["sent"] * 60
    # What is taken in process is taken back with its transaction, and taken again.
    taken = [message.send_id for message in world.connector.sent if message.customer_id]
    assert len(set(taken)) == 60
    assert in_process or len(taken) == 60


def test_law_19_a_message_whose_run_was_deleted_waits_alone(world: World) -> None:
    waiting_chunk(world)
    by_hand = "DELETE FROM run WHERE id = 13"
    if world.database.dialect is Dialect.SQLITE:
        driver = sqlite3.connect(str(world.database.engine.url.database))
        with contextlib.closing(driver), driver:
            driver.execute(by_hand)  # without the foreign keys that we switch on
    else:
        with world.database.writing() as cx:
            cx.execute(text("SET LOCAL session_replication_role = replica"))
            cx.execute(text(by_hand))
    world.work()

    assert [end for _, end, _ in world.ended()].count("sent") == 29
    assert "hello: message 13 cannot be read (LookupError), and waits" in told(world)[0]


def test_law_19_a_damaged_run_waits_alone(world: World) -> None:
    waiting_chunk(world)
    world.work()
    damage(world, "UPDATE run SET status = 'odd', step = 99 WHERE id = 13")
    world.run_for(hours=2)

    assert [end for _, end, _ in world.ended()] == ["sent"] * 59
    assert "hello: run 13 cannot be read (ValueError), and waits" in told(world)[0]
    damage(world, "UPDATE run SET status = 'active', step = 1 WHERE id = 13")
    world.run_for(hours=2)

    assert [end for _, end, _ in world.ended()] == ["sent"] * 60


@pytest.mark.parametrize(
    "damaged", ["5", "{}", '{"type": "fax"}', '{"type": "track", "event": []}']
)
def test_law_19_a_damaged_arrival_is_named_and_holds_up_no_other(
    world: World, damaged: str
) -> None:
    world.playbook("hello", f"{START}  - email: hello\n")
    world.apply()
    told = [Arrival("test", name, Track(name, "signed_up", None).payload()) for name in PEOPLE]
    keep(world.system, told)
    damage(world, f"UPDATE inbox SET payload = '{damaged}' WHERE id = 13")
    world.work()

    assert len(world.runs("hello")) == 29
    [problem] = [why for (why,) in world.rows("SELECT problem FROM inbox") if why]
    assert problem


def test_an_arrival_that_is_no_json_any_more_holds_up_no_other(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """PostgreSQL keeps no such value."""
    world = World(sqlite_database, tmp_path / "playbooks")
    test_law_19_a_damaged_arrival_is_named_and_holds_up_no_other(world, "{x")
