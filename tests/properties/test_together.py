"""Advancing many runs together is the same as advancing each alone, only cheaper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.advancing import Courses, advance, advance_together
from keepwarm.engine.crowd import Crowd, Fate, Place, Position
from keepwarm.engine.facts import Facts, Sent, Value
from keepwarm.engine.gathering import needs_from
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import END, START, Needs, Plan
from keepwarm.engine.run import OPEN, Course, Memory, Mode, Run, RunStatus, Seen
from tests.engine.written import plan_of
from tests.properties.playbooks import BEGINS, Somebody, random_people, random_plan

PEOPLE = 12
ROUNDS = 14


@given(seed=st.integers(0, 2**48))
@settings(max_examples=120)
def test_together_is_the_same_as_each_alone(seed: int) -> None:
    chance = Random(seed)
    plan, people = random_plan(chance), random_people(chance, PEOPLE)
    now = BEGINS
    for _ in range(ROUNDS):
        due = [n for n, each in enumerate(people) if each.due_at and each.due_at <= now]
        for number, (course, seen) in together(plan, people, due, now).items():
            somebody = people[number]
            alone = advance(plan, somebody.run, somebody.facts(now), now)
            assert (course, seen) == (alone.course, alone.seen), plan.steps
            assert_lawful(somebody.run, course, now)
            somebody.goes_on(course, now, chance)
        now += timedelta(minutes=chance.choice([1, 10, 60, 600, 1440, 2880]))
        for somebody in people:
            somebody.lives(now, chance)


def together(
    plan: Plan, people: list[Somebody], due: list[int], now: datetime
) -> dict[int, tuple[Course, tuple[Seen, ...]]]:
    """Advance them in two crowds, some of those who stand alike known to do so and some not."""
    courses = Courses(plan, now)
    found = {}
    for part in (due[::3], [n for place, n in enumerate(due) if place % 3]):
        groups = advance_together(courses, crowd_in(part, people, now)) if part else []
        assert sum(len(group.who) for group in groups) == len(part)
        for group in groups:
            for place, seen in zip(group.who, group.seen, strict=True):
                found[part[place]] = (group.course, seen)
    assert sorted(found) == due
    return found


def crowd_in(part: list[int], people: list[Somebody], now: datetime) -> Crowd:
    crowd = crowd_of(
        (replace(people[n].run, memory=replace(people[n].run.memory)), people[n].facts(now))
        for n in part
    )
    known: dict[Position, Position] = {}
    crowd.positions = [
        known.setdefault(at, at) if place % 3 else at for place, at in enumerate(crowd.positions)
    ]
    return crowd


def crowd_of(members: Iterable[tuple[Run, Facts]]) -> Crowd:
    """Put runs and what is known of each together, in their order."""
    runs, facts = [], []
    for run, known in members:
        runs.append(run)
        facts.append(known)
    names = {name for known in facts for name in known.attributes}
    return Crowd(
        positions=[Position(r.status, r.mode, r.step, r.started_at, r.memory) for r in runs],
        customers=[run.customer for run in runs],
        triggers=[run.trigger for run in runs],
        attributes={name: [known.attributes.get(name) for known in facts] for name in names},
        events={place: known.events for place, known in enumerate(facts)},
        thresholds=facts[0].thresholds if facts else {},
        sent=by_step(known.sent for known in facts),
        tasks=by_step(known.tasks for known in facts),
    )


def by_step(fates: Iterable[Mapping[int, Fate]]) -> dict[int, dict[Place, Fate]]:
    found: dict[int, dict[Place, Fate]] = defaultdict(dict)
    for place, of_run in enumerate(fates):
        for step, fate in of_run.items():
            found[step][place] = fate
    return found


def assert_lawful(run: Run, course: Course, now: datetime) -> None:
    """Check what is true of every course, whatever the playbook."""
    if course.status in OPEN:
        assert course.due_at is not None
        assert course.due_at > now
    else:
        assert course.due_at is None
    assert course.step == END or course.step >= run.step
    assert run.step != END or course.step == END
    if course.mode is not Mode.LIVE:
        assert not course.effects
    assert run.mode is Mode.LIVE or course.mode is not Mode.LIVE


@given(seed=st.integers(0, 2**48))
@settings(max_examples=120)
def test_what_is_not_needed_at_a_step_changes_nothing_there(seed: int) -> None:
    chance = Random(seed)
    plan, people = random_plan(chance), random_people(chance, PEOPLE)
    now = BEGINS
    for _ in range(ROUNDS):
        for somebody in people:
            if somebody.due_at is None or somebody.due_at > now:
                continue
            facts = somebody.facts(now)
            alone = advance(plan, somebody.run, facts, now)
            needs = needs_from(plan, {somebody.run.step})
            known = narrowed(facts, needs, somebody.run.memory)
            assert advance(plan, somebody.run, known, now) == alone, plan.steps
            somebody.goes_on(alone.course, now, chance)
        now += timedelta(minutes=chance.choice([1, 10, 60, 600, 1440, 2880]))
        for somebody in people:
            somebody.lives(now, chance)


def narrowed(facts: Facts, needs: Needs, memory: Memory) -> Facts:
    """Leave out what nobody asked for."""
    names = needs.events.keys() | needs.since_start
    messages = needs.results or memory.after_message is not None
    tasks = needs.results or needs.tasks or memory.tasks_due
    return replace(
        facts,
        attributes={k: v for k, v in facts.attributes.items() if k in needs.attributes},
        events={k: v for k, v in facts.events.items() if k in names},
        sent=facts.sent if messages else {},
        tasks=facts.tasks if tasks else {},
    )


@pytest.mark.parametrize(
    "values",
    [
        [1, 1.0, True, 0, 0.0, -0.0, False, "1", ["1"], 2**70, None],
        [1.5, 0.0, -0.0, None, 1.5, 1e20],
        [True, False, None],
    ],
)
def test_equal_values_of_different_kinds_are_told_apart(values: list[Value | None]) -> None:
    plan = plan_of(
        "start: {event: signed_up, once: per customer}\nkind: transactional\n"
        "only_if: [{open_tickets: at least 0}]\nsteps:\n  - email: hello\n"
    )
    run = Run("c", RunStatus.ACTIVE, Mode.LIVE, START, BEGINS)
    known: list[dict[str, Value]] = [{} if v is None else {"open_tickets": v} for v in values]
    members = [(run, Facts({"timezone": "UTC", **each})) for each in known]
    crowd = crowd_of(members)
    crowd.positions = [crowd.positions[0]] * len(values)
    for group in advance_together(Courses(plan, BEGINS), crowd):
        for place, seen in zip(group.who, group.seen, strict=True):
            alone = advance(plan, *members[place], BEGINS)
            assert (group.course, seen) == (alone.course, alone.seen), values[place]


@given(seed=st.integers(0, 2**48))
@settings(max_examples=15)
def test_those_who_are_alike_share_one_course(seed: int) -> None:
    chance = Random(seed)
    plan, somebody = random_plan(chance), random_people(chance, 1)[0]
    # One customer many times: even the draws are the same.
    facts = somebody.facts(BEGINS)
    groups = advance_together(Courses(plan, BEGINS), crowd_of([(somebody.run, facts)] * 50))
    assert len(groups) == 1
    assert groups[0].who == list(range(50))


@given(seed=st.integers(0, 2**48))
@settings(max_examples=15)
def test_everybody_comes_to_an_end(seed: int) -> None:
    chance = Random(seed)
    plan, people = random_plan(chance), random_people(chance, 4)
    for somebody in people:
        for _ in range(200):
            if somebody.due_at is None:
                break
            now = somebody.due_at
            # Whatever is held goes out in the end.
            for step, sent in somebody.sent.items():
                somebody.sent[step] = sent if sent.status.is_end else Sent(MessageStatus.SENT, now)
            course = advance(plan, somebody.run, somebody.facts(now), now).course
            somebody.goes_on(course, now, chance)
        assert somebody.run.status not in OPEN, plan.steps
