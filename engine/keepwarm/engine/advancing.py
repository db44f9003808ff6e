"""Advancing runs: each by itself, or many together at the price of their different answers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from keepwarm.engine.answering import Respondent
from keepwarm.engine.deciding import decide
from keepwarm.engine.facts import Facts
from keepwarm.engine.plan import Plan
from keepwarm.engine.questions import Answer, Question
from keepwarm.engine.run import Advanced, Course, Memory, Run, Seen

Label = TypeVar("Label")


def advance(
    plan: Plan, run: Run, facts: Facts, now: datetime, live_since: datetime | None = None
) -> Advanced:
    """Decide how one run goes on, and tell what its checks saw."""
    respondent = Respondent(plan, run, facts, now)
    course, _ = _decided(plan, run, respondent, now, live_since)
    return Advanced(course, tuple(respondent.seen))


@dataclass(slots=True)
class _Fork:
    """What was asked at this point, and where each answer leads."""

    question: Question
    ways: dict[Answer, _Fork | Course] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Together(Generic[Label]):
    """All who took one course, each with a label of the caller's and the values it saw."""

    course: Course
    who: list[tuple[Label, tuple[Seen, ...]]]


def advance_together(
    plan: Plan,
    runs: Iterable[tuple[Label, Run, Facts]],
    now: datetime,
    live_since: datetime | None = None,
) -> list[Together[Label]]:
    """Advance many runs; the same as `advance` for each.

    Decisions see a customer only through answers. So the questions and answers of the first are
    kept as a tree, and whoever gives the same answers takes the same course without deciding anew.
    """
    roots: dict[Any, _Fork | Course] = {}
    together: dict[int, Together[Label]] = {}
    # Different answers may lead to equal courses; those who take one are written together.
    courses: dict[Course, Course] = {}
    # A memory is known by where it lies, so it must not make room for another.
    kept: list[Memory] = []
    for label, run, facts in runs:
        respondent = Respondent(plan, run, facts, now)
        # Two equal memories share less than one, yet hashing them would cost more than that saves.
        start = (run.status, run.mode, run.step, run.started_at, id(run.memory))
        course = _known_course(roots.get(start), respondent)
        if course is None:
            respondent.seen.clear()
            decided, path = _decided(plan, run, respondent, now, live_since)
            course = courses.setdefault(decided, decided)
            kept.append(run.memory)
            _remember(roots, start, path, course)
        group = together.get(id(course))
        if group is None:
            group = together[id(course)] = Together(course, [])
        group.who.append((label, tuple(respondent.seen)))
    return list(together.values())


def _known_course(node: _Fork | Course | None, respondent: Respondent) -> Course | None:
    """Follow the answers; None where nobody has answered so before."""
    while isinstance(node, _Fork):
        node = node.ways.get(respondent(node.question))
    return node


def _decided(
    plan: Plan, run: Run, respondent: Respondent, now: datetime, live_since: datetime | None
) -> tuple[Course, list[tuple[Question, Answer]]]:
    """Decide in full, and give what was asked and answered on the way."""
    deciding = decide(
        plan,
        status=run.status,
        mode=run.mode,
        step=run.step,
        started_at=run.started_at,
        memory=run.memory,
        now=now,
        live_since=live_since,
    )
    path: list[tuple[Question, Answer]] = []
    try:
        question = next(deciding)
        while True:
            answer = respondent(question)
            path.append((question, answer))
            question = deciding.send(answer)
    except StopIteration as done:
        return done.value, path


def _remember(
    roots: dict[Any, _Fork | Course],
    start: Hashable,
    path: list[tuple[Question, Answer]],
    course: Course,
) -> None:
    ways: dict[Any, _Fork | Course] = roots
    key: Hashable = start
    for question, answer in path:
        fork = ways.get(key)
        if not isinstance(fork, _Fork):
            fork = ways[key] = _Fork(question)
        ways, key = fork.ways, answer
    ways[key] = course
