"""Answers about one customer: how facts reply to what decisions ask."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, assert_never

from keepwarm.engine.conditions import compiled
from keepwarm.engine.draws import share_of
from keepwarm.engine.facts import Facts, Happening, Sent, TaskState, Value
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import OpenTask, Plan, Send
from keepwarm.engine.questions import (
    Answer,
    ArmDrawn,
    DateOf,
    GoalReached,
    HappenedBy,
    Holds,
    LastHappened,
    MessageEnded,
    Question,
    TaskEnded,
    ZoneName,
)
from keepwarm.engine.run import Run, Seen
from keepwarm.engine.seeing import seen, seen_of_each
from keepwarm.engine.situation import Situation
from keepwarm.engine.timing import after, zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.schema.conditions import ALWAYS, Condition, Test
from keepwarm.schema.playbook import Goal


@dataclass(slots=True)
class Respondent:
    """One customer in one run at one moment, answering questions and noting what it showed."""

    plan: Plan
    run: Run
    facts: Facts
    now: datetime
    #: The value that each test looked at, in the order asked.
    seen: list[Seen] = field(default_factory=list)
    _situation: Situation | None = None

    def __call__(self, question: Question) -> Answer:
        """Answer one question."""
        return self._ANSWERS[type(question)](self, question)

    def answers_for_values(
        self, question: Holds, values: Sequence[Value | None]
    ) -> tuple[list[bool], list[Seen]]:
        """Answer a test of an attribute for customers who have other values of it.

        That value alone decides (`likeness.is_decided_by_value`), so nothing else is looked at.
        """
        test, situation = question.test, self._in_situation()
        asked, fact = compiled(test), test.fact
        held = [asked(situation, {} if v is None else {fact: v}) for v in values]
        shown: list[Seen] = seen_of_each(test, situation, values)
        if self._is_personal(test):
            shown = [None if each is None else "known" for each in shown]
        return held, shown

    def _holds(self, question: Holds) -> bool:
        test, of_trigger = question.test, question.of_trigger
        situation = self._in_situation()
        if question.ended:
            ended = {name: frozenset({word}) for name, word in question.ended}
            situation = replace(situation, results={**situation.results, **ended})
        values = self.run.trigger if of_trigger else self.facts.attributes
        if question.changed:
            values = {**values, **dict(question.changed)}
            situation = replace(situation, facts=replace(self.facts, attributes=values))
        return self._test(test, situation, values, of_trigger=of_trigger)

    def _test(
        self,
        test: Test,
        situation: Situation,
        values: Mapping[str, Value],
        *,
        of_trigger: bool = False,
    ) -> bool:
        shown = seen(test, situation, values)
        is_hidden = shown is not None and not of_trigger and self._is_personal(test)
        self.seen.append("known" if is_hidden else shown)
        return compiled(test)(situation, values)

    def _is_personal(self, test: Test) -> bool:
        """Tell whether only that there was a value may be shown: the ledger outlives the person."""
        known = self.plan.attributes.get(test.fact)
        return known is not None and known.personal

    def _in_situation(self) -> Situation:
        if self._situation is None:
            results = (
                step_results(self.plan, self.run, self.facts, self.now)
                if self.plan.needs.results
                else {}
            )
            self._situation = Situation(
                self.facts, self.now, self.run.started_at, results, self.plan.timezone
            )
        return self._situation

    def _goal_reached(self, question: GoalReached) -> bool:
        del question
        goal = self.plan.goal
        if goal is None or goal.event not in self.facts.events:
            return False
        until = goal_until(goal, self.plan.timezone, self.run.started_at, self.now)
        happenings: Sequence[Happening] = self.facts.events[goal.event]
        if (same := goal.for_the_same) is not None:
            own = self.run.trigger.get(same)
            happenings = [each for each in happenings if each.properties.get(same) == own]
        return self._count(happenings, goal.where, until) >= goal.times

    def _count(self, happenings: Iterable[Happening], where: Condition, until: datetime) -> int:
        """Count what happened since the run began, both ends included."""
        happenings = within(happenings, self.run.started_at, until)
        if happenings and not is_always(where):
            wanted, situation = compiled(where), self._in_situation()
            happenings = [each for each in happenings if wanted(situation, each.properties)]
        return len(happenings)

    def _zone_name(self, question: ZoneName) -> str:
        del question
        attributes = self.facts.attributes
        profile, phone = attributes.get("timezone"), attributes.get("phone")
        return zone_name(profile, phone, self.plan.timezone)

    def _arm_drawn(self, question: ArmDrawn) -> int:
        return arm_drawn(question, self.run.customer)

    def _task_ended(self, question: TaskEnded) -> tuple[str, datetime] | None:
        task = self.facts.tasks.get(question.step)
        if task is None or task.outcome is None or task.done_at is None:
            return None
        return task.outcome, task.done_at

    def _happened_by(self, question: HappenedBy) -> bool:
        happenings = self._of_no_other(question.event, question.same)
        until = min(question.deadline, self.now)
        return self._count(happenings, question.where, until) > 0

    def _date_of(self, question: DateOf) -> str | None:
        return _text(self.facts.attributes.get(question.attribute)) or None

    def _last(self, question: LastHappened) -> datetime | None:
        happenings = self._of_no_other(question.event, question.same)
        since = within(happenings, self.run.started_at, self.now)
        return max((each.at for each in since), default=None)

    def _of_no_other(self, event: str, same: str | None) -> Sequence[Happening]:
        """Give the events that name no other invoice, say, than the one that began the run."""
        happenings = self.facts.events.get(event, ())
        if same is None:
            return happenings
        own = (None, self.run.trigger.get(same))
        return [each for each in happenings if each.properties.get(same) in own]

    def _message_ended(self, question: MessageEnded) -> tuple[MessageStatus, datetime] | None:
        sent = self.facts.sent.get(question.step)
        if sent is None or not sent.status.is_end:
            return None
        return sent.status, sent.at

    #: What answers each question; a table cannot say that each takes the question of its key.
    _ANSWERS: ClassVar[Mapping[type[Question], Callable[[Respondent, Any], Answer]]] = {
        Holds: _holds,
        GoalReached: _goal_reached,
        ZoneName: _zone_name,
        ArmDrawn: _arm_drawn,
        MessageEnded: _message_ended,
        TaskEnded: _task_ended,
        HappenedBy: _happened_by,
        LastHappened: _last,
        DateOf: _date_of,
    }


def within(happenings: Iterable[Happening], since: datetime, until: datetime) -> list[Happening]:
    """Give what happened between two moments, both included."""
    return [each for each in happenings if since <= each.at <= until]


def goal_until(goal: Goal, zone: str, started_at: datetime, now: datetime) -> datetime:
    """Give the moment up to which what happens counts for the goal of a run."""
    if goal.within is None:
        return now
    return min(now, after(started_at, goal.within, zone_named(zone)))


def is_always(where: Condition) -> bool:
    """Tell whether a condition asks nothing."""
    return where is ALWAYS or where == ALWAYS


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def zone_name(profile: Value | None, phone: Value | None, project: str) -> str:
    """Give the zone by which a customer's calendar goes."""
    return zones_of(_text(profile), _text(phone), project).name


def arm_drawn(question: ArmDrawn, customer: str) -> int:
    """Give the arm into which a customer's draw falls."""
    return bisect_right(question.upper_ends, share_of(question.salt, customer))


def step_results(plan: Plan, run: Run, facts: Facts, now: datetime) -> Mapping[str, frozenset[str]]:
    """Give, for each named step that the run has behind it, all words that are true of it."""
    words: dict[str, frozenset[str]] = {name: frozenset({end}) for name, end in run.memory.results}
    for index, step in enumerate(plan.steps):
        name = step.at.name
        if name is None or name in words:
            continue
        if isinstance(step, Send) and index in facts.sent:
            words[name] = message_words(facts.sent[index])
        elif isinstance(step, OpenTask) and index in facts.tasks:
            words[name] = task_words(facts.tasks[index], now)
    return words


def message_words(sent: Sent) -> frozenset[str]:
    """Give what can be said of a message: that it was delivered implies that it was sent.

    A message that was not sent is `skipped` or `failed`; it was never "not opened" (law 15).
    """
    match sent.status:
        case MessageStatus.SENT | MessageStatus.UNKNOWN:
            words = {"sent"}
        case MessageStatus.DELIVERED:
            words = {"sent", "delivered"}
        case MessageStatus.SKIPPED | MessageStatus.EXPIRED | MessageStatus.SUPPRESSED:
            words = {"skipped"}
        case MessageStatus.FAILED:
            words = {"failed"}
        case MessageStatus.QUEUED | MessageStatus.HELD | MessageStatus.SENDING:
            return frozenset()
        case _:
            assert_never(sent.status)
    if sent.clicked:
        words |= {"clicked"}
    if sent.opened:
        words |= {"opened"}
    return frozenset(words)


def task_words(task: TaskState, now: datetime) -> frozenset[str]:
    """Give what can be said of a task: its outcome, `done` or `open`, and `late`."""
    words = {"open"} if task.outcome is None else {"done", task.outcome}
    if task.due_at is not None and (task.done_at or now) > task.due_at:
        words |= {"late"}
    return frozenset(words)
