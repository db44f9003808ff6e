"""Workers that sleep past their lease and wake: what they still do, and what they no longer may."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from keepwarm.store.landmarks import Landmark
from tests.faults.city import LATER, City
from tests.faults.workers import begin, work_to_the_end


def sleeps_at(town: City, landmark: Landmark) -> int:
    """Put a worker to sleep at a landmark until its lease is over, and give its process id."""
    over = town.world.folder.parent / "the lease is over"
    worker = begin(town.orders(ends_at=landmark, by=signal.SIGSTOP, ages_by=over))
    assert worker.pid is not None
    _wait_until_stopped(worker.pid)
    over.touch()
    return worker.pid


def _wait_until_stopped(pid: int) -> None:
    for _ in range(1000):
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - not a file of ours
            if stat.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.005)
    raise AssertionError("the worker did not fall asleep")


def wakes(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
    for _ in range(2000):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
    raise AssertionError("the worker did not come to its end")


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
    other.join(20)
    sqlite_town.come_to_rest()

    assert sqlite_town.judge()["sent"] == 6
