"""Advancing runs: each by itself, or a crowd at the price of its different answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import TypeAlias

from keepwarm.engine.answering import Respondent
from keepwarm.engine.crowd import Crowd, Place, Position, grouped
from keepwarm.engine.deciding import decide
from keepwarm.engine.facts import Facts
from keepwarm.engine.likeness import is_decided_by_value, keys_to, values_of
from keepwarm.engine.plan import Plan
from keepwarm.engine.questions import Answer, Holds, Question
from keepwarm.engine.run import Advanced, Course, Run, Seen
from keepwarm.engine.walk import Asking


def advance(
    plan: Plan, run: Run, facts: Facts, now: datetime, live_since: datetime | None = None
) -> Advanced:
    """Decide how one run goes on, and tell what its checks saw."""
    at = Position(run.status, run.mode, run.step, run.started_at, run.memory)
    respondent = Respondent(plan, run, facts, now)
    deciding = _begin(plan, at, now, live_since)
    answer: Answer = None
    try:
        while True:
            answer = respondent(deciding.send(answer))
    except StopIteration as done:
        return Advanced(done.value, tuple(respondent.seen))


@dataclass(frozen=True, slots=True)
class Together:
    """All of a crowd who took one course, and the values that each one's tests saw."""

    course: Course
    who: list[Place]
    seen: list[tuple[Seen, ...]]


class Courses:
    """What follows on which answers, for runs of one plan at one moment: asked of `decide` once."""

    def __init__(self, plan: Plan, now: datetime, live_since: datetime | None = None) -> None:
        self.plan, self.now, self._live_since = plan, now, live_since
        self._known: dict[Position, dict[_Answers, Question | Course]] = {}

    def follow(self, at: Position) -> Callable[[_Answers], Question | Course]:
        """Give what tells the next question, or the course, after the answers given so far."""
        known = self._known.setdefault(at, {})
        deciding: Asking[Course] | None = None

        def after(given: _Answers) -> Question | Course:
            nonlocal deciding
            found = known.get(given)
            if found is not None:
                deciding = None  # it has not heard the last of these answers
                return found
            answers = given[-1:] if deciding else (None, *given)
            deciding = deciding or _begin(self.plan, at, self.now, self._live_since)
            try:
                known[given] = [deciding.send(answer) for answer in answers][-1]
            except StopIteration as done:
                known[given] = done.value
            return known[given]

        return after


def advance_together(courses: Courses, crowd: Crowd) -> list[Together]:
    """Advance a crowd; the same as `advance` for each.

    Decisions see a customer only through answers. So each question is asked of all who have come
    to it, once for those who are alike to it; they part by their answers, and whoever gave the
    same answers all along takes one course, which is decided once.
    """
    parting = _Parting(courses, crowd)
    for at, who in crowd.standing_alike():
        parting.advance(at, who)
    return list(parting.together.values())


_Answers: TypeAlias = tuple[Answer, ...]
#: What a test saw of those who came to it: one value of all of them, or each one's own.
_Sight: TypeAlias = Seen | Mapping[Place, Seen]


@dataclass(frozen=True, slots=True)
class _Path:
    """Those who stood alike and gave the same answers so far, and what their tests saw."""

    who: list[Place]
    given: _Answers = ()
    saw: tuple[_Sight, ...] = ()

    def shown(self) -> list[tuple[Seen, ...]]:
        """Give the values that each one's tests saw."""
        if not self.saw:
            return [()] * len(self.who)
        columns = (
            map(each.__getitem__, self.who)
            if isinstance(each, Mapping)
            else repeat(each, len(self.who))
            for each in self.saw
        )
        return [*zip(*columns, strict=True)]


class _Parting:
    """A crowd that parts by its answers."""

    def __init__(self, courses: Courses, crowd: Crowd) -> None:
        self._courses, self._crowd = courses, crowd
        self._plan, self._now = courses.plan, courses.now
        #: Different answers may lead to equal courses; those who take one are written together.
        self.together: dict[Course, Together] = {}

    def advance(self, at: Position, who: list[Place]) -> None:
        """Advance those who stand at one position."""
        waiting = [_Path(who)]
        while waiting:
            path = waiting.pop()
            after = self._courses.follow(at)
            while not isinstance(found := after(path.given), Course):
                path, *others = self._ask(found, path)
                waiting += reversed(others)
            self._take(found, path)

    def _ask(self, question: Question, path: _Path) -> list[_Path]:
        """Ask all of them, one of those who are alike for the others, and part them."""
        keys = keys_to(question, self._plan, self._crowd, path.who, self._now)
        spokesmen = dict(zip(keys, path.who, strict=False))
        answers, shown = self._replies(question, [*spokesmen.values()])
        saw = path.saw
        if shown:
            saw = (*saw, _sight(dict(zip(spokesmen, shown, strict=True)), keys, path.who))
        parts: Mapping[Answer, list[Place]] = {answers[0]: path.who}
        if len(set(answers)) > 1:
            answer_to = dict(zip(spokesmen, answers, strict=True))
            parts = grouped(map(answer_to.__getitem__, keys), path.who)
        return [_Path(those, (*path.given, answer), saw) for answer, those in parts.items()]

    def _replies(
        self, question: Question, who: Sequence[Place]
    ) -> tuple[Sequence[Answer], Sequence[Seen]]:
        """Ask each of these; the first stands where all do. A test gives what it saw of each."""
        if isinstance(question, Holds) and is_decided_by_value(question):
            values = values_of(self._crowd, question.test.fact, who)
            return self._respondent(who[0]).answers_for_values(question, values)
        answers: list[Answer] = []
        shown: list[Seen] = []
        for place in who:
            respondent = self._respondent(place)
            answers.append(respondent(question))
            shown += respondent.seen
        return answers, shown

    def _respondent(self, place: Place) -> Respondent:
        run, facts = self._crowd.run(place), self._crowd.facts(place)
        return Respondent(self._plan, run, facts, self._now)

    def _take(self, course: Course, path: _Path) -> None:
        known = self.together.get(course)
        if known is None:
            self.together[course] = Together(course, path.who, path.shown())
        else:
            known.who.extend(path.who)
            known.seen.extend(path.shown())


def _sight(shown: Mapping[object, Seen], keys: Sequence[object], who: Sequence[Place]) -> _Sight:
    """Give what a test saw of all of them, by what it saw of those who are alike."""
    if len(values := set(shown.values())) == 1:
        return values.pop()
    return dict(zip(who, map(shown.__getitem__, keys), strict=True))


def _begin(plan: Plan, at: Position, now: datetime, live_since: datetime | None) -> Asking[Course]:
    return decide(
        plan,
        status=at.status,
        mode=at.mode,
        step=at.step,
        started_at=at.started_at,
        memory=at.memory,
        now=now,
        live_since=live_since,
    )
