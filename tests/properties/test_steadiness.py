"""A condition never changes before the moment until which it was said to stay as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.conditions import holds
from keepwarm.engine.facts import Facts
from keepwarm.engine.situation import Situation
from keepwarm.engine.steadiness import held_until
from tests.properties.worlds import World, edges, world_of

_FAR = timedelta(days=800)
_INSTANT = timedelta(microseconds=1)


@given(seed=st.integers(0, 2**48))
@settings(max_examples=60)
def test_an_answer_stays_until_the_moment_promised(seed: int) -> None:
    world, chance = world_of(seed, customers=12, conditions=25), Random(seed)
    for customer in world.customers:
        facts = world.facts(customer)
        moments = moments_of_interest(world, facts, chance)
        for condition in world.conditions:
            situation = Situation(facts, world.now, timezone=world.zone)
            held, until, _ = held_until(condition, situation)
            assert held is holds(condition, situation)
            for later in moments:
                if later >= world.now and (until is None or later < until):
                    then = replace(situation, now=later)
                    assert holds(condition, then) is held, (condition, facts, later, until)


def moments_of_interest(world: World, facts: Facts, chance: Random) -> list[datetime]:
    """Give moments at which windows end, seen from what happened, and some more."""
    happened = [each.at for events in facts.events.values() for each in events]
    near = chance.sample(happened, min(3, len(happened)))
    ends = [moment for at in near for moment in edges(at, world.zone)]
    anywhere = [world.now + chance.random() * _FAR for _ in range(30)]
    return [*chance.sample(ends, min(60, len(ends))), *anywhere, world.now + _INSTANT]


@given(seed=st.integers(0, 2**48))
@settings(max_examples=30)
def test_whoever_looks_only_when_something_may_have_changed_misses_nothing(seed: int) -> None:
    world = world_of(seed, customers=4, conditions=6)
    step, end = timedelta(hours=7, minutes=15), world.now + timedelta(days=70)
    for customer in world.customers:
        for condition in world.conditions:
            situation = Situation(world.facts(customer), world.now, timezone=world.zone)
            held, until, _ = held_until(condition, situation)
            moment = world.now
            while (moment := moment + step) <= end:
                now = replace(situation, now=moment)
                if until is not None and moment >= until:
                    held, until, _ = held_until(condition, now)
                assert holds(condition, now) is held, (condition, customer, moment, until)
