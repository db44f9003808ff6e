"""What a plan asks about a customer at all: the rest is nobody's business, and no story's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keepwarm.engine.conditions import tests_in
from keepwarm.engine.expanding import needs
from keepwarm.engine.plan import Pause, Plan
from keepwarm.schema.conditions import All, Condition, FactKind
from keepwarm.schema.playbook import (
    OncePerProperty,
    OnDate,
    OnSchedule,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan asks about."""

    attributes: frozenset[str]
    events: frozenset[str]
    #: Properties of events that conditions look at.
    properties: frozenset[str]
    #: Properties that only tell one run from another, as an invoice does.
    keys: frozenset[str]
    #: Facts of which only the place among all customers counts.
    ranked: frozenset[str]


def asked_by(plan: Plan) -> Asked:
    """Give everything that a plan looks at."""
    own, before = plan.needs, needs([All((wanted(plan), plan.only_if))])
    dates = {plan.start.attribute} if isinstance(plan.start, OnDate) else set()
    events = {*own.events, *own.since_start, *before.events, *before.since_start, *plan.listens}
    looked_at = {
        name for each in (own, before) for names in each.properties.values() for name in names
    }
    keys = frozenset(_keys(plan))
    return Asked(
        attributes=frozenset({*own.attributes, *before.attributes, *plan.watches, *dates}),
        events=frozenset(events),
        properties=frozenset({*(looked_at - keys), *_properties_in(plan)}),
        keys=keys,
        ranked=frozenset(fact for each in (own, before) for fact, _, _ in each.thresholds),
    )


def wanted(plan: Plan) -> Condition:
    """Give who is looked for by the clock."""
    match plan.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            return condition
        case WhenBecomes(condition=condition):
            return condition
        case WhenEvent() | WhenCalled():
            return All(())


def _properties_in(plan: Plan) -> Iterator[str]:
    """Give the properties that conditions on single events ask about."""
    wheres = [step.where for step in plan.steps if isinstance(step, Pause)]
    if isinstance(plan.start, WhenEvent):
        wheres.append(plan.start.where)
    if plan.goal is not None:
        wheres.append(plan.goal.where)
    for where in wheres:
        yield from (test.fact for test in tests_in(where) if test.kind is not FactKind.EVENT)


def _keys(plan: Plan) -> Iterator[str]:
    if isinstance(plan.start, WhenEvent) and isinstance(plan.start.once, OncePerProperty):
        yield plan.start.once.property
    if plan.goal is not None and plan.goal.for_the_same:
        yield plan.goal.for_the_same
