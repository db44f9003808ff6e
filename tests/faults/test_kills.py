"""Workers are killed at every landmark, on every road: nothing is lost and nothing goes twice."""

from __future__ import annotations

import time
from datetime import timedelta
from random import Random

import pytest

from keepwarm.store.landmarks import Landmark
from tests.faults.city import LATER, ROADS, City
from tests.faults.workers import begin, kill_after, work_to_the_end
from tests.standins import hangs
from tests.waiting import wait_for

#: Landmarks that a worker comes to while it does what the city's playbooks ask for.
ON_THE_WAY = [
    Landmark.USING_ARRIVALS,
    Landmark.ARRIVALS_USED,
    Landmark.TAKING_RUNS,
    Landmark.DECIDING,
    Landmark.DECIDED,
    Landmark.CLAIMING,
    Landmark.JUDGING,
    Landmark.SENDING,
    Landmark.ANSWERED,
    Landmark.RECORDING,
    Landmark.RECORDED,
]
#: Where a request may have left and nothing of its answer is on the disk.
IN_DOUBT = (Landmark.SENDING, Landmark.ANSWERED, Landmark.RECORDING)
#: Roads on which such a message is settled: the provider drops a repeated call, or is asked.
SETTLING = {"onesignal", "slack", "twilio", "webhook"}


def dies_at(town: City, landmark: Landmark, nth: int = 1) -> None:
    code = work_to_the_end(town.orders(ends_at=landmark, nth=nth))
    assert code == -9, f"no worker came to {landmark!r} for the {nth}. time"


@pytest.mark.parametrize("road", ROADS)
def test_a_worker_may_die_at_every_landmark(sqlite_town: City, road: str) -> None:
    """At each landmark once, in a row: each finds what the one before it left.

    What comes before a call is the same on every road, and so is tried on one of them.
    """
    sqlite_town.settle_in(road)
    for landmark in ON_THE_WAY if road == "sendgrid" else ON_THE_WAY[-5:]:
        sqlite_town.arrive(2)
        dies_at(sqlite_town, landmark)
        sqlite_town.now += LATER
    sqlite_town.come_to_rest()

    ends = sqlite_town.judge()
    assert ends.total() == ends["sent"] + ends["unknown"]
    if road in SETTLING:
        # What never left, because its worker died before, nobody can have taken: Twilio and
        # Slack say so by not knowing it, and nothing that they do not say is taken for proof.
        assert ends["unknown"] <= 2 * (road in ("slack", "twilio"))


@pytest.mark.long
@pytest.mark.parametrize("landmark", ON_THE_WAY)
@pytest.mark.parametrize("road", ROADS)
def test_a_worker_may_die_three_times_at_every_landmark(
    town: City, road: str, landmark: Landmark
) -> None:
    town.settle_in(road)
    for nth in (1, 1, 2):
        town.arrive(2)
        work_to_the_end(town.orders(ends_at=landmark, nth=nth))
        town.now += LATER
    town.come_to_rest()

    town.judge()


@pytest.mark.parametrize("was_accepted", [False, True], ids=["not yet accepted", "accepted"])
@pytest.mark.parametrize("road", [name for name in ROADS if name != "smtp"])
def test_a_worker_may_die_while_its_request_is_at_the_provider(
    sqlite_town: City, road: str, *, was_accepted: bool
) -> None:
    sqlite_town.settle_in(road)
    sqlite_town.arrive(1)
    provider = sqlite_town.provider(road)
    provider.faults.add(hangs(after_acceptance=was_accepted))

    worker = begin(sqlite_town.orders())
    wait_for(lambda: sqlite_town.here.ledger.entries if was_accepted else provider.calls)
    worker.kill()
    worker.join()
    sqlite_town.come_to_rest()

    ends = sqlite_town.judge()
    if was_accepted and road in SETTLING:
        assert ends["sent"] == 2
    elif road not in ("onesignal", "webhook"):
        assert ends["unknown"] == 1


@pytest.mark.parametrize("landmark", [Landmark.ENTERING, Landmark.ENTERED])
def test_a_worker_may_die_while_the_clock_lets_customers_in(town: City, landmark: Landmark) -> None:
    town.settle_in("sendgrid")
    daily = "kind: transactional\nstart:\n  every: day at 09:30\n  for_customers:\n"
    town.world.playbook("by-sendgrid", daily + "    - plan: unknown\nsteps:\n  - email: hello\n")
    town.world.apply()
    town.arrive(5)
    work_to_the_end(town.orders())
    town.now = town.now.replace(hour=8, minute=30)  # 09:30 in Amsterdam

    dies_at(town, landmark)
    work_to_the_end(town.orders())
    town.come_to_rest()

    assert town.judge(steps=1)["sent"] == 5


@pytest.mark.parametrize("landmark", [Landmark.DOUBTS_TAKEN, Landmark.SETTLING, Landmark.SETTLED])
def test_a_worker_may_die_while_it_settles(sqlite_town: City, landmark: Landmark) -> None:
    sqlite_town.settle_in("twilio")
    sqlite_town.arrive(1)
    dies_at(sqlite_town, Landmark.ANSWERED)
    sqlite_town.now += LATER
    work_to_the_end(sqlite_town.orders())
    sqlite_town.now += LATER

    dies_at(sqlite_town, landmark)
    sqlite_town.come_to_rest()

    assert sqlite_town.judge()["sent"] == 2


# ── At any moment ────────────────────────────────────────────────────────────────────────────


def killed_at_random(town: City, kills: int, seed: int) -> None:
    """Kill workers at random moments while customers keep coming; the seed is in the failure."""
    chance = Random(seed)
    town.settle_in("sendgrid", "twilio", "onesignal")
    town.arrive(2)
    work_to_the_end(town.orders())  # the first has to wait for what forks them
    town.arrive(2)
    began = time.monotonic()
    work_to_the_end(town.orders())
    as_long_as_work_takes = time.monotonic() - began  # machines differ, and so do their hours
    done = 0
    while done < kills:
        town.arrive(chance.randint(1, 3))
        done += kill_after(town.orders(), chance.uniform(0, as_long_as_work_takes))
        town.now += LATER * chance.choice((0.1, 1, 1, 5))
    town.now += timedelta(hours=2)  # all is due, and few healthy workers are needed for it
    town.come_to_rest()
    try:
        ends = town.judge()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, {kills} kills: {error}") from error
    print(f"seed {seed}: {kills} kills, {town.people} customers, {dict(ends)}")


def test_workers_may_be_killed_at_any_moment(town: City) -> None:
    killed_at_random(town, kills=15, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_workers_may_be_killed_at_any_of_3000_moments(sqlite_town: City, seed: int) -> None:
    killed_at_random(sqlite_town, kills=30, seed=seed)
