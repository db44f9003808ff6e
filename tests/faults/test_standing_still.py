"""A clock that is set, or tables that are changed, while a process works: it stands still."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from keepwarm.connectors.memory import Memory
from keepwarm.connectors.settings import Surroundings
from keepwarm.flows import calling
from keepwarm.flows.agreeing import LOOKED_AT_EVERY, PUT_BACK_WITHIN, Agreement
from keepwarm.flows.housekeeping import forget_ticks_ahead, keep_house_hourly
from keepwarm.flows.preparing import prepare
from keepwarm.schema.words import Channel
from keepwarm.store.database import Database, Dialect
from keepwarm.store.migrating import VERSION_TABLE
from keepwarm.store.paces import book, hold_pace, rests_until
from keepwarm.store.ticks import done_until
from tests.journeys.world import World
from tests.laws.test_circuits import START
from tests.waiting import PATIENCE_SECONDS

YEARS = timedelta(days=3652)


def test_a_clock_that_is_set_while_it_works_has_minutes_to_be_put_back(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    up_for = 1000.0
    shown = datetime.now(UTC)

    def later(length: timedelta, jump: timedelta = timedelta()) -> str | None:
        nonlocal up_for, shown
        up_for, shown = up_for + length.total_seconds(), shown + length + jump
        return agreement.trouble()

    agreement = Agreement(database, lambda: shown, lambda: up_for)
    assert later(LOOKED_AT_EVERY) is None
    with caplog.at_level(logging.WARNING):
        found = later(LOOKED_AT_EVERY, YEARS) or ""
    is_told = database.dialect is Dialect.POSTGRESQL  # which knows the time itself
    words = "ahead of the database's" if is_told else "was set forward by 87,648 hours while"
    assert words in found
    assert later(LOOKED_AT_EVERY / 5, -YEARS) == found  # not asked again so soon
    assert later(LOOKED_AT_EVERY) is None
    assert "nothing is sent, and nobody let in" in caplog.text

    if not is_told:
        assert "was set back" in (later(LOOKED_AT_EVERY, -YEARS) or "")
        assert later(PUT_BACK_WITHIN / 2) is not None
        assert later(PUT_BACK_WITHIN / 2) is None  # it is believed
        assert later(timedelta(days=30)) is None  # a machine that slept is on time


def test_an_older_keepwarm_stands_still_beside_newer_tables(database: Database) -> None:
    agreement = Agreement(database, lambda: datetime.now(UTC), iter(range(0, 1000, 10)).__next__)
    assert agreement.trouble() is None
    with database.writing() as cx:
        cx.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    assert "tables stand at 9999" in (agreement.trouble() or "")


def test_who_must_stand_still_does_nothing_and_goes_on_by_itself(world: World) -> None:
    world.playbook("hello", f"{START}  - email: hello\n")
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")
    world.trouble = "the clock is wrong"
    assert world.work().is_idle
    assert world.told() == []
    world.trouble = None
    world.work()
    assert world.told() == ["Mon 09:00 email hello"]


def test_a_clock_that_is_set_back_after_a_claim_keeps_nothing_from_leaving(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "AHEAD", timedelta(milliseconds=10))  # as long as it waits at most
    world.connector.limits = replace(world.connector.limits, per_second=100)
    for name in ("slowly", "at-once"):
        world.playbook(name, f"{START}  - {'email' if name == 'slowly' else 'sms'}: hello\n")
    at_once = Memory(Surroundings({}, world.clock))
    at_once.name = "at once"
    world.connectors = {Channel.SMS: at_once}
    world.apply()
    world.person("anna")
    world.now += YEARS
    for name in ("slowly", "at-once"):
        world.queue("anna", "signed_up", name)
    claimed = [*prepare(world.system, "slowly"), *prepare(world.system, "at-once")]
    world.now -= YEARS

    async def call() -> None:
        for each in claimed:
            await calling.call_provider(
                world.system, each.claim, each.connector, each.turn, each.ready
            )

    asyncio.run(asyncio.wait_for(call(), PATIENCE_SECONDS))
    # Each event began both playbooks; of the first, only one message was there to be claimed.
    assert (len(world.connector.sent), len(at_once.sent)) == (1, 2)


def test_a_pace_that_a_clock_ahead_booked_keeps_nobody_waiting(world: World) -> None:
    with world.database.writing() as cx:
        book(cx, "memory", world.now + YEARS)
        assert rests_until(cx, "memory", world.now) == world.now
        assert hold_pace(cx, "memory", world.now) == world.now
        for seconds in (60, 30):  # the later one stands
            book(cx, "memory", world.now + timedelta(seconds=seconds))
        assert rests_until(cx, "memory", world.now) == world.now + timedelta(minutes=1)


def test_a_schedule_that_a_clock_ahead_carried_out_goes_on_when_it_is_right_again(
    world: World,
) -> None:
    right = world.now
    world.now += YEARS
    assert keep_house_hourly(world.system)
    world.now = right
    assert not keep_house_hourly(world.system)

    assert forget_ticks_ahead(world.system) >= 1
    assert forget_ticks_ahead(world.system) == 0
    with world.database.reading() as cx:
        assert done_until(cx, "* housekeeping") == right
    world.now += timedelta(hours=1)
    assert keep_house_hourly(world.system)
