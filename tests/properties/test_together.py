"""Advancing many runs together is the same as advancing each alone, only cheaper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.advancing import advance, advance_together
from keepwarm.engine.facts import Facts, Sent
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import END, Plan
from keepwarm.engine.run import OPEN, Course, Memory, Mode, Run, RunStatus, Seen
from tests.engine.written import plan_of
from tests.properties.playbooks import BEGINS, Somebody, random_people, random_plan

PEOPLE = 12
ROUNDS = 14


@given(seed=st.integers(0, 2**48))
@settings(max_examples=120, deadline=None)
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
    """Advance them together, each read from somewhere just before its turn."""

    def read() -> Iterator[tuple[int, Run, Facts]]:
        for number in due:
            run = people[number].run
            yield number, replace(run, memory=replace(run.memory)), people[number].facts(now)

    groups = advance_together(plan, read(), now)
    found = {label: (group.course, seen) for group in groups for label, seen in group.who}
    assert sorted(found) == due
    assert sum(len(group.who) for group in groups) == len(due)
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


def test_runs_that_are_gone_before_the_next_is_read_do_not_lend_it_their_course() -> None:
    plan = plan_of(
        "start: {event: signed_up, once: per customer}\nkind: transactional\n"
        "steps:\n  - wait: 2 days\n"
    )
    began = [BEGINS + timedelta(hours=n) for n in range(100)]

    def read() -> Iterator[tuple[int, Run, Facts]]:
        for number, since in enumerate(began):
            memory = Memory(waits_since=since)
            run = Run("c", RunStatus.ACTIVE, Mode.LIVE, 0, BEGINS, memory=memory)
            yield number, run, Facts({"timezone": "UTC"})
            del memory, run

    groups = advance_together(plan, read(), BEGINS)
    ends = {label: group.course.due_at for group in groups for label, _ in group.who}
    assert ends == {n: since + timedelta(days=2) for n, since in enumerate(began)}


@given(seed=st.integers(0, 2**48))
@settings(max_examples=15, deadline=None)
def test_those_who_are_alike_share_one_course(seed: int) -> None:
    chance = Random(seed)
    plan, somebody = random_plan(chance), random_people(chance, 1)[0]
    # One customer many times: even the draws are the same.
    facts = somebody.facts(BEGINS)
    groups = advance_together(plan, [(n, somebody.run, facts) for n in range(50)], BEGINS)
    assert len(groups) == 1
    assert [label for label, _ in groups[0].who] == list(range(50))


@given(seed=st.integers(0, 2**48))
@settings(max_examples=15, deadline=None)
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
