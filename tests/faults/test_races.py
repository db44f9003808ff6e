"""Races and clocks: an unsubscribe against a send, a clock that jumps."""

from __future__ import annotations

import threading
from datetime import timedelta
from random import Random

import pytest

from keepwarm.flows.advancing import advance_due
from keepwarm.flows.arrivals import Identify, keep, take_in
from keepwarm.store.inbox import Arrival
from keepwarm.store.landmarks import Landmark, watch
from tests.journeys.world import World

HELLO = "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"
SLOW = HELLO + "  - wait: 2 days\n  - email: nudge\n  - wait: 2 days\n  - email: last\n"


@pytest.mark.parametrize(
    ("landmark", "may_go"),
    [
        (Landmark.TAKING_RUNS, False),
        (Landmark.DECIDED, False),
        (Landmark.JUDGING, True),
        (Landmark.SENDING, True),
        (Landmark.RECORDED, True),
    ],
)
def test_an_unsubscribe_that_ends_before_the_claim_begins_wins(
    world: World, landmark: Landmark, *, may_go: bool
) -> None:
    """Asked for at each point; where the database is held it is taken as soon as it is free."""
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    begun: list[threading.Thread] = []

    def unsubscribe() -> None:
        payload = Identify("anna", None, {"email_consent": False}).payload()
        keep(world.system, [Arrival("test", "no", payload)])
        take_in(world.system)

    def watcher(reached: Landmark) -> None:
        if reached is landmark and not begun:
            begun.append(threading.Thread(target=unsubscribe))
            begun[0].start()
            if landmark in (Landmark.DECIDED, Landmark.SENDING, Landmark.RECORDED):
                begun[0].join()  # no transaction is open here
        if reached is Landmark.DECIDED and begun:
            begun[0].join()

    watch(watcher)
    try:
        world.event("anna", "signed_up")
    finally:
        watch(None)
        for each in begun:
            each.join()

    [(_, status, _)] = world.ended("anna")
    assert status == ("sent" if may_go else "skipped")


def test_unsubscribes_race_with_sends_and_none_is_sent_to_afterwards(world: World) -> None:
    unsubscribed_at_random(world, people=20, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_five_hundred_unsubscribes_race_with_sends(world: World, seed: int) -> None:
    unsubscribed_at_random(world, people=50, seed=seed)


def unsubscribed_at_random(world: World, people: int, seed: int) -> None:
    """Let customers withdraw their consent from another thread while their messages go out."""
    chance = Random(seed)
    world.playbook("hello", HELLO)
    world.apply()
    names = [f"c{number}" for number in range(people)]
    for name in names:
        world.person(name)
    gone: set[str] = set()
    gone_before_the_claim: set[str] = set()

    def unsubscribe() -> None:
        for name in chance.sample(names, people):
            payload = Identify(name, None, {"email_consent": False}).payload()
            keep(world.system, [Arrival("test", f"no-{name}", payload)])
            take_in(world.system)
            gone.add(name)

    def watcher(reached: Landmark) -> None:
        if reached is Landmark.DECIDED:  # and nothing is claimed yet
            gone_before_the_claim.update(gone)

    other = threading.Thread(target=unsubscribe)
    other.start()
    watch(watcher)
    try:
        for name in chance.sample(names, people):
            sent_before = len(world.connector.sent)
            world.queue(name, "signed_up", "hello")
            world.work()
            sent = {str(message.customer_id) for message in world.connector.sent[sent_before:]}
            assert not sent & gone_before_the_claim, f"seed {seed}"
    finally:
        watch(None)
        other.join()


# ── Clocks ───────────────────────────────────────────────────────────────────────────────────


def test_a_clock_that_jumps_back_and_forth_sends_everything_once(world: World) -> None:
    clock_jumps(world, seed=1, jumps=12)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_clocks_that_jump_a_thousand_times(world: World, seed: int) -> None:
    clock_jumps(world, seed=seed, jumps=50)


def clock_jumps(world: World, seed: int, jumps: int) -> None:
    """Set the clock to moments before and after, up to ten years, while people are inside."""
    chance = Random(seed)
    world.playbook("slow", SLOW)
    world.apply()
    began = world.now
    lengths = [timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=3652)]
    for number in range(jumps):
        if number < 6:
            world.person(f"c{number}")
            world.event(f"c{number}", "signed_up")
        jump = chance.choice(lengths) * chance.choice((-1, 1))
        world.now = max(began, world.now + jump) + timedelta(minutes=number)
        world.work()
    world.now = max(world.now, began + timedelta(days=40_000))
    world.run_for(days=30)

    told = world.rows(
        "SELECT customer_id, template, count(*) FROM message m JOIN outcome o"
        " ON o.message_id = m.id AND o.status = 'sent' GROUP BY customer_id, template"
    )
    people = min(jumps, 6)
    assert len(told) == 3 * people, f"seed {seed}: {told}"
    assert {count for *_, count in told} == {1}, f"seed {seed}: {told}"


def test_deciding_twice_at_one_moment_decides_once(world: World) -> None:
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna")
    world.queue("anna", "signed_up", "hello")

    assert advance_due(world.system, "hello") is None
    world.work()

    assert len(world.connector.sent) == 1
