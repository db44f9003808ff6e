"""Advancing runs: each by itself, or a crowd at the price of its different answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from keepwarm.engine.answering import Respondent
from keepwarm.engine.crowd import Crowd, Place, Position
from keepwarm.engine.deciding import decide
from keepwarm.engine.facts import Facts
from keepwarm.engine.likeness import is_decided_by_value, keys_to
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


def advance_together(
    plan: Plan, crowd: Crowd, now: datetime, live_since: datetime | None = None
) -> list[Together]:
    """Advance a crowd; the same as `advance` for each.

    Decisions see a customer only through answers. So each question is asked of all who have come
    to it, once for those who are alike to it; they part by their answers, and whoever gave the
    same answers all along takes one course, which is decided once.
    """
    parting = _Parting(plan, crowd, now, live_since)
    for at, who in crowd.standing_alike():
        parting.advance(at, who)
    return list(parting.together.values())


class _Parting:
    """A crowd that parts by its answers."""

    def __init__(
        self, plan: Plan, crowd: Crowd, now: datetime, live_since: datetime | None
    ) -> None:
        self._plan, self._crowd, self._now, self._live_since = plan, crowd, now, live_since
        #: Place -> what this run's tests saw so far.
        self._seen: dict[Place, tuple[Seen, ...]] = {}
        #: Different answers may lead to equal courses; those who take one are written together.
        self.together: dict[Course, Together] = {}

    def advance(self, at: Position, who: list[Place]) -> None:
        """Advance those who stand at one position."""
        # Who is still to be decided for, with the answers that they gave so far.
        waiting: list[tuple[list[Place], tuple[Answer, ...]]] = [(who, ())]
        while waiting:
            those, given = waiting.pop()
            deciding = _begin(self._plan, at, self._now, self._live_since)
            try:
                question = next(deciding)
                for answer in given:
                    question = deciding.send(answer)
                while len(parts := self._ask(question, those)) == 1:
                    (answer,) = parts
                    given = (*given, answer)
                    question = deciding.send(answer)
            except StopIteration as done:
                self._take(done.value, those)
            else:
                waiting += reversed([(part, (*given, answer)) for answer, part in parts.items()])

    def _ask(self, question: Question, who: list[Place]) -> dict[Answer, list[Place]]:
        """Ask all of them, and give those of each answer."""
        keys = keys_to(question, self._plan, self._crowd, who)
        if len(set(keys)) == 1:
            answer, shown = self._ask_one(question, who[0])
            self._note(who, shown)
            return {answer: who}
        ask = self._asking(question, who[0])
        answers: dict[Answer, list[Place]] = {}
        known: dict[object, tuple[list[Place], tuple[Seen, ...]]] = {}
        for key, place in zip(keys, who, strict=True):
            found = known.get(key)
            if found is None:
                answer, shown = ask(place)
                found = known[key] = (answers.setdefault(answer, []), shown)
            found[0].append(place)
            if found[1]:
                self._note((place,), found[1])
        return answers

    def _asking(
        self, question: Question, first: Place
    ) -> Callable[[Place], tuple[Answer, tuple[Seen, ...]]]:
        """Give what asks each of them, the first of whom stands where all do."""
        if not isinstance(question, Holds) or not is_decided_by_value(question):
            return partial(self._ask_one, question)
        fact = question.test.fact
        column = self._crowd.attributes.get(fact)
        respondent = self._respondent(first)

        def ask(place: Place) -> tuple[Answer, tuple[Seen, ...]]:
            value = None if column is None else column[place]
            answer = respondent.answer_for_value(question, value)
            return answer, tuple(respondent.seen)

        return ask

    def _ask_one(self, question: Question, place: Place) -> tuple[Answer, tuple[Seen, ...]]:
        respondent = self._respondent(place)
        return respondent(question), tuple(respondent.seen)

    def _respondent(self, place: Place) -> Respondent:
        run, facts = self._crowd.run(place), self._crowd.facts(place)
        return Respondent(self._plan, run, facts, self._now)

    def _note(self, who: Sequence[Place], shown: tuple[Seen, ...]) -> None:
        if shown:
            seen = self._seen
            for place in who:
                seen[place] = seen.get(place, ()) + shown

    def _take(self, course: Course, who: list[Place]) -> None:
        seen = self._seen
        shown: list[tuple[Seen, ...]] = [()] * len(who)
        if seen:
            shown = [seen.get(place, ()) for place in who]
        known = self.together.get(course)
        if known is None:
            self.together[course] = Together(course, who, shown)
        else:
            known.who.extend(who)
            known.seen.extend(shown)


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
