"""What a plan must know: which facts to read, which events and changes to hear of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from keepwarm.engine.expanding import needs, tests_in
from keepwarm.engine.plan import Branch, Needs, Pause, Plan
from keepwarm.schema.conditions import Condition, FactKind, Happened, SinceStart
from keepwarm.schema.phrases import WaitUntilDate, WaitUntilDone, WaitUntilEvent
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenEvent

#: What decides in which zone a customer lives.
_ZONE_FACTS = frozenset({"timezone", "phone"})


def plan_needs(plan: Plan) -> Needs:
    """Give what must be read of a customer before the plan can decide."""
    asked = needs(_conditions(plan))
    since_start = _since_start(plan)
    properties = {name: set(found) for name, found in asked.properties.items()}
    for event, condition in _narrowed(plan):
        properties.setdefault(event, set()).update(test.fact for test in tests_in(condition))
    if plan.goal is not None and plan.goal.for_the_same:
        properties.setdefault(plan.goal.event, set()).add(plan.goal.for_the_same)
    dates = {s.wait.attribute for s in _pauses(plan) if isinstance(s.wait, WaitUntilDate)}
    return replace(
        asked,
        attributes=asked.attributes | dates | _ZONE_FACTS | _attributes_at_start(plan),
        since_start=since_start,
        tasks=any(isinstance(step.wait, WaitUntilDone) for step in _pauses(plan)),
        properties={name: frozenset(found) for name, found in properties.items()},
    )


def events_heard(plan: Plan) -> frozenset[str]:
    """Name the events that may start a run, end one, or end a wait in one."""
    names = {s.wait.event for s in _pauses(plan) if isinstance(s.wait, WaitUntilEvent)}
    if plan.goal is not None:
        names.add(plan.goal.event)
    if isinstance(plan.start, WhenEvent):
        names |= {plan.start.event, plan.start.and_then_no or plan.start.event}
    if plan.stop_if_any is not None:
        tests = tests_in(plan.stop_if_any)
        names |= {test.fact for test in tests if isinstance(test.phrase, Happened)}
    return frozenset(names)


def facts_watched(plan: Plan) -> frozenset[str]:
    """Name the attributes whose change may stop a run or move the end of a wait."""
    dates = {s.wait.attribute for s in _pauses(plan) if isinstance(s.wait, WaitUntilDate)}
    return frozenset(dates) | _attributes_in(plan.stop_if_any)


def _conditions(plan: Plan) -> Iterator[Condition]:
    """Give every condition that is asked of the customer while a run goes on."""
    yield plan.only_if
    if plan.stop_if_any is not None:
        yield plan.stop_if_any
    for step in plan.steps:
        yield step.at.only_if
        if isinstance(step, Branch):
            yield from (condition for condition, _, _ in step.arms if condition is not None)


def _narrowed(plan: Plan) -> Iterator[tuple[str, Condition]]:
    """Give events of which only those with certain properties count."""
    if plan.goal is not None:
        yield plan.goal.event, plan.goal.where
    for step in _pauses(plan):
        if isinstance(step.wait, WaitUntilEvent):
            yield step.wait.event, step.where


def _since_start(plan: Plan) -> frozenset[str]:
    names = {s.wait.event for s in _pauses(plan) if isinstance(s.wait, WaitUntilEvent)}
    if plan.goal is not None:
        names.add(plan.goal.event)
    if isinstance(plan.start, WhenEvent) and plan.start.and_then_no:
        names |= {plan.start.event, plan.start.and_then_no}
    for condition in _conditions(plan):
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


def _pauses(plan: Plan) -> Iterator[Pause]:
    return (step for step in plan.steps if isinstance(step, Pause))
