"""What a plan must know: which facts to read, which events and changes to hear of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from keepwarm.engine.expanding import needs, tests_in
from keepwarm.engine.plan import (
    END,
    START,
    Branch,
    Needs,
    OpenTask,
    Pause,
    Plan,
    PlanStep,
    Split,
)
from keepwarm.schema.conditions import Condition, FactKind, Happened, SinceStart
from keepwarm.schema.phrases import WaitFor, WaitUntilDate, WaitUntilDone, WaitUntilEvent
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenEvent

#: What decides in which zone a customer lives.
_ZONE_FACTS = frozenset({"timezone", "phone"})


def plan_needs(plan: Plan) -> Needs:
    """Give all that the plan may ask of a customer, from who may enter to its last step."""
    needed = _needs(plan, frozenset({START, *range(len(plan.steps))}))
    attributes = needed.attributes | _ZONE_FACTS | _attributes_at_start(plan)
    return replace(needed, attributes=attributes)


def needs_from(plan: Plan, steps: Iterable[int]) -> Needs:
    """Give what must be read to advance runs that stand at these steps, until each waits or ends.

    Who comes to a wait of some length stays there, whatever is known of them.
    """
    reached: set[int] = set()
    ahead = set(steps)
    while ahead:
        step = ahead.pop()
        reached.add(step)
        ahead |= _next(plan, step, is_new=step not in steps) - reached
    return _needs(plan, frozenset(reached))


def _next(plan: Plan, step: int, *, is_new: bool) -> frozenset[int]:
    """Give where a run may go on from a step in the same advance."""
    if step == START:
        return frozenset({plan.first})
    if step == END:
        return frozenset()
    match plan.steps[step]:
        case Pause(wait=WaitFor(length)) if is_new and length.amount > 0:
            return frozenset()
        case Branch(at=at, arms=arms) | Split(at=at, arms=arms):
            return frozenset({at.then, *(first for _, _, first in arms)})
        case other:
            return frozenset({other.at.then})


def _needs(plan: Plan, at: frozenset[int]) -> Needs:
    """Give what is asked at some steps, and what is asked of every run wherever it stands."""
    steps = [plan.steps[index] for index in sorted(at - {START, END})]
    conditions = list(_conditions(plan, steps, enters=START in at))
    asked = needs(conditions)
    properties = {name: set(found) for name, found in asked.properties.items()}
    for event, condition in _narrowed(plan, steps):
        properties.setdefault(event, set()).update(test.fact for test in tests_in(condition))
    if plan.goal is not None and plan.goal.for_the_same:
        properties.setdefault(plan.goal.event, set()).add(plan.goal.for_the_same)
    if START in at and isinstance(plan.start, WhenEvent) and plan.start.same:
        for event in (plan.start.event, plan.start.and_then_no or plan.start.event):
            properties.setdefault(event, set()).add(plan.start.same)
    for step in _pauses(steps):
        if isinstance(step.wait, WaitUntilEvent) and step.same:
            properties.setdefault(step.wait.event, set()).add(step.same)
    dates = {s.wait.attribute for s in _pauses(steps) if isinstance(s.wait, WaitUntilDate)}
    lives_somewhere = any(isinstance(step, Pause | OpenTask) for step in steps)
    return replace(
        asked,
        attributes=asked.attributes | dates | (_ZONE_FACTS if lives_somewhere else frozenset()),
        since_start=_since_start(plan, steps, conditions, enters=START in at),
        tasks=any(isinstance(step.wait, WaitUntilDone) for step in _pauses(steps)),
        # An event that need only have come is read from an index alone, without its properties.
        properties={name: frozenset(found) for name, found in properties.items() if found},
    )


def events_heard(plan: Plan) -> frozenset[str]:
    """Name the events that may start a run, end one, or end a wait in one."""
    names = {s.wait.event for s in _pauses(plan.steps) if isinstance(s.wait, WaitUntilEvent)}
    if plan.goal is not None:
        names.add(plan.goal.event)
    if isinstance(plan.start, WhenEvent):
        names |= {plan.start.event, plan.start.and_then_no or plan.start.event}
    if plan.stop_if_any is not None:
        tests = tests_in(plan.stop_if_any)
        names |= {test.fact for test in tests if isinstance(test.phrase, Happened)}
    return frozenset(names)


def facts_watched(plan: Plan) -> frozenset[str]:
    """Name the attributes and scores whose change may stop a run or move the end of a wait."""
    dates = {s.wait.attribute for s in _pauses(plan.steps) if isinstance(s.wait, WaitUntilDate)}
    stops = plan.stop_if_any
    scores = {test.fact for test in tests_in(stops) if test.score} if stops is not None else set()
    return frozenset(dates) | _attributes_in(stops) | scores


def _conditions(plan: Plan, steps: Sequence[PlanStep], *, enters: bool) -> Iterator[Condition]:
    """Give every condition that is asked of the customer at these steps."""
    if enters:
        yield plan.only_if
    if plan.stop_if_any is not None:
        yield plan.stop_if_any
    for step in steps:
        yield step.at.only_if
        if isinstance(step, Branch):
            yield from (condition for condition, _, _ in step.arms if condition is not None)


def _narrowed(plan: Plan, steps: Sequence[PlanStep]) -> Iterator[tuple[str, Condition]]:
    """Give events of which only those with certain properties count."""
    if plan.goal is not None:
        yield plan.goal.event, plan.goal.where
    for step in _pauses(steps):
        if isinstance(step.wait, WaitUntilEvent):
            yield step.wait.event, step.where


def _since_start(
    plan: Plan, steps: Sequence[PlanStep], conditions: Sequence[Condition], *, enters: bool
) -> frozenset[str]:
    names = {s.wait.event for s in _pauses(steps) if isinstance(s.wait, WaitUntilEvent)}
    if plan.goal is not None:
        names.add(plan.goal.event)
    if enters and isinstance(plan.start, WhenEvent) and plan.start.and_then_no:
        names |= {plan.start.event, plan.start.and_then_no}
    for condition in conditions:
        for test in tests_in(condition):
            if isinstance(test.phrase, Happened) and isinstance(test.phrase.window, SinceStart):
                names.add(test.fact)
    return frozenset(names)


def _attributes_at_start(plan: Plan) -> frozenset[str]:
    match plan.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            return _attributes_in(condition)
        case WhenBecomes(condition=condition):
            return _attributes_in(condition)
        case _:
            return frozenset()


def _attributes_in(condition: Condition | None) -> frozenset[str]:
    if condition is None:
        return frozenset()
    elsewhere = (FactKind.EVENT, FactKind.METRIC, FactKind.STEP, FactKind.SEGMENT)
    return frozenset(
        test.fact for test in tests_in(condition) if test.kind not in elsewhere and not test.score
    )


def _pauses(steps: Iterable[PlanStep]) -> Iterator[Pause]:
    return (step for step in steps if isinstance(step, Pause))
