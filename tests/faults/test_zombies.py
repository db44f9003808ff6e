"""Workers that sleep past their lease and wake: what they still do, and what they no longer may."""

from __future__ import annotations

import os
import signal

import pytest

from keepwarm.store.landmarks import Landmark
from tests.faults.city import LATER, City
from tests.faults.workers import begin, work_to_the_end
from tests.waiting import PATIENCE_SECONDS, has_ended, state_of, wait_for


def sleeps_at(town: City, landmark: Landmark) -> int:
    """Put a worker to sleep at a landmark until its lease is over, and give its process id."""
    over = town.world.folder.parent / "the lease is over"
    worker = begin(town.orders(ends_at=landmark, by=signal.SIGSTOP, ages_by=over))
    assert worker.pid is not None
    pid = worker.pid
    wait_for(lambda: state_of(pid) == "T")
    over.touch()
    return worker.pid


def wakes(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: has_ended(pid))


@pytest.mark.parametrize("road", ["sendgrid", "onesignal"])
def test_a_worker_that_wakes_after_its_lease_calls_nobody(town: City, road: str) -> None:
    town.settle_in(road)
    town.arrive(3)
    sleeper = sleeps_at(town, Landmark.SENDING)
    town.now += LATER
    work_to_the_end(town.orders())  # takes the chunk over
    before = len(town.here.ledger.entries)

    wakes(sleeper)

    assert len(town.here.ledger.entries) == before
    town.come_to_rest()
    ends = town.judge()
    assert ends["unknown"] == (3 if road == "sendgrid" else 0)


def test_a_worker_that_wakes_with_its_answers_says_what_was_taken(town: City) -> None:
    town.settle_in("sendgrid")
    town.arrive(3)
    sleeper = sleeps_at(town, Landmark.ANSWERED)
    town.now += LATER
    work_to_the_end(town.orders())
    assert {str(each.status) for each in town.world.outbox()} == {"unknown"}

    wakes(sleeper)

    assert {str(each.status) for each in town.world.outbox()} == {"sent"}
    town.come_to_rest()
    assert town.judge()["sent"] == 6


def test_what_a_worker_decides_in_its_sleep_is_decided_once(sqlite_town: City) -> None:
    """It holds the database's one writer meanwhile, and the others wait for it."""
    sqlite_town.settle_in("sendgrid")
    sqlite_town.arrive(3)
    sleeper = sleeps_at(sqlite_town, Landmark.DECIDING)
    other = begin(sqlite_town.orders())

    wakes(sleeper)
    other.join(PATIENCE_SECONDS)
    sqlite_town.come_to_rest()

    assert sqlite_town.judge()["sent"] == 6
