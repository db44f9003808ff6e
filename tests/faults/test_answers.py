"""A provider has answered, and the database is away: the answer is recorded once it is back."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from keepwarm.connectors.contract import Limits
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import Accepted, NotProcessed
from keepwarm.flows import calling, dispatching
from keepwarm.flows.dispatching import dispatch_due
from keepwarm.store.claims import LEASE, Claim, renew_lease
from keepwarm.store.connection import Connection
from keepwarm.store.database import Database
from keepwarm.store.landmarks import Landmark, watch
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS, wait_for

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    world = World(database, tmp_path / "playbooks")
    world.connector.limits = Limits(batch=1, idempotent=False)
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")
    return world


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "_FIRST_PAUSE", timedelta(milliseconds=2))
    monkeypatch.setattr(dispatching, "_LONGEST_PAUSE", timedelta(milliseconds=10))


def gone() -> OperationalError:
    return OperationalError("COMMIT", {}, sqlite3.OperationalError("connection refused"))


@contextmanager
def away(times: int) -> Iterator[list[Landmark]]:
    """Lose the database so many times just when answers are recorded; gives each loss."""
    losses: list[Landmark] = []

    def lose(landmark: Landmark) -> None:
        if landmark is Landmark.RECORDING and len(losses) < times:
            losses.append(landmark)
            raise gone()

    watch(lose)
    try:
        yield losses
    finally:
        watch(None)


def test_an_answer_is_recorded_when_the_database_is_back(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with away(5) as losses, caplog.at_level(logging.WARNING):
        tally = world.work()

    assert len(losses) == 5
    assert world.ended("anna") == [("hello", "sent", None)]
    assert len(world.connector.sent) == 1
    assert tally.sent == {"email": 1}  # what was tried in vain is not counted
    assert [each.getMessage() for each in caplog.records] == [
        "a provider's answers wait until they can be recorded: connection refused"
    ]


def test_a_message_that_was_put_off_is_put_off_once(world: World) -> None:
    world.connector.will_answer(NotProcessed("429"))
    with away(3):
        tally = world.work()

    assert tally.held.total() == 1
    assert world.rows("SELECT attempt FROM message") == [(1,)]
    world.run_for(hours=1)
    assert world.ended("anna") == [("hello", "sent", None)]


@pytest.mark.parametrize("answer", [Accepted("m-1"), NotProcessed("429")])
def test_what_was_committed_without_our_hearing_of_it_is_recorded_once(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: Accepted | NotProcessed
) -> None:
    real, losses = Database.writing, [Landmark.RECORDING]

    @contextmanager
    def writing(self: Database, *, durable: bool = True) -> Iterator[Connection]:
        is_recording: list[Landmark] = []
        watch(lambda each: is_recording.append(each) if each in losses else None)
        with real(self, durable=durable) as cx:
            yield cx
        if is_recording:
            losses.clear()
            raise gone()

    monkeypatch.setattr(Database, "writing", writing)
    world.connector.will_answer(answer)
    try:
        world.work()
    finally:
        watch(None)

    assert not losses
    attempt = int(isinstance(answer, NotProcessed))
    assert world.rows("SELECT attempt FROM message") == [(attempt,)]
    assert world.rows("SELECT count(*) FROM chunk WHERE due_at IS NOT NULL") == [(attempt,)]
    world.run_for(hours=1)
    assert world.ended("anna") == [("hello", "sent", None)]
    assert len(world.connector.sent) == 1 + attempt


def test_a_database_that_stays_away_is_given_up_after_a_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "LEASE", timedelta(milliseconds=50))
    with away(1_000) as losses, pytest.raises(OperationalError):
        world.work()

    assert len(losses) > 2
    world.now += LEASE + timedelta(seconds=1)
    world.work()
    assert [status for _, status, _ in world.ended("anna")] == ["unknown"]
    assert len(world.connector.sent) == 1


def test_a_process_that_ends_is_not_kept_by_an_answer(world: World) -> None:
    async def ends() -> None:
        sending = asyncio.create_task(dispatch_due(world.system, "hello"))
        await asyncio.to_thread(wait_for, lambda: len(losses) >= 3)
        sending.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(asyncio.CancelledError):
                await sending

    with away(1_000_000) as losses:
        asyncio.run(ends())


def test_a_lease_that_could_not_be_renewed_is_renewed_when_the_database_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow provider's answer counts, whatever happened to the database during the call."""
    tries: list[int] = []

    def renewed(cx: Connection, claim: Claim, now: datetime) -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise gone()
        return renew_lease(cx, claim, now)

    async def slowly(messages: list[Message]) -> list[Accepted]:
        await asyncio.to_thread(wait_for, lambda: len(tries) >= 3)
        return [Accepted("m-1") for _ in messages]

    monkeypatch.setattr(calling, "LEASE", timedelta(milliseconds=30))
    monkeypatch.setattr(calling, "_RENEWED_AGAIN_AFTER", timedelta(milliseconds=5))
    monkeypatch.setattr(calling, "renew_lease", renewed)
    monkeypatch.setattr(world.connector, "send", slowly)
    world.work()

    assert len(tries) >= 3
    assert world.ended("anna") == [("hello", "sent", None)]


def test_who_cannot_ask_whether_a_message_is_still_its_own_calls_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> bool:
        raise gone()

    def overslept(landmark: Landmark) -> None:
        if landmark is Landmark.SENDING:
            world.now += LEASE

    with monkeypatch.context() as patched:
        patched.setattr(calling, "renew_lease", lost)
        watch(overslept)
        try:
            asyncio.run(dispatch_due(world.system, "hello"))
        finally:
            watch(None)
    assert world.connector.sent == []

    world.run_for(hours=1)
    assert world.ended("anna") == [("hello", "sent", None)]
