"""Who is alike to a question: whatever an answer depends on, as a key for each run of a crowd.

Runs that stand at one position and have equal keys get equal answers, and their tests see equal
values; so it is enough to ask one of them. Keys may differ where answers do not: that costs time
and changes nothing. What an answer may depend on is said in `answering`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from types import NoneType
from typing import Any, Final, assert_never

from keepwarm.engine.answering import arm_drawn, goal_until, is_always, within, zone_name
from keepwarm.engine.crowd import Crowd, Place
from keepwarm.engine.plan import Plan
from keepwarm.engine.questions import (
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
from keepwarm.engine.zones import zone_in_profile
from keepwarm.schema.conditions import FactKind, Happened, MetricChange, MetricTotal, StepEnded
from keepwarm.schema.playbook import Goal

#: The keys of a question whose answer is the same for all.
ALL_ALIKE: Final = (None,)


def keys_to(
    question: Question, plan: Plan, crowd: Crowd, who: Sequence[Place], now: datetime
) -> Sequence[object]:
    """Give a key for each of these runs, who stand at one position, or ALL_ALIKE."""
    match question:
        case Holds():
            return _keys_to_test(question, crowd, who)
        case GoalReached():
            return ALL_ALIKE if plan.goal is None else _by_goal(plan, plan.goal, crowd, who, now)
        case HappenedBy(event, where, deadline, None) if is_always(where):
            return _by_times(crowd, event, who, min(deadline, now))
        case HappenedBy(event=event) | LastHappened(event=event):
            return _by_events(crowd, event, who)
        case ZoneName():
            return _by_zone(plan, crowd, who)
        case ArmDrawn():
            return [arm_drawn(question, crowd.customers[place]) for place in who]
        case MessageEnded(step):
            return _by_object(crowd.sent.get(step), who)
        case TaskEnded(step):
            return _by_object(crowd.tasks.get(step), who)
        case DateOf(attribute):
            return _by_value(crowd, attribute, who)
        case _:
            assert_never(question)


def is_decided_by_value(question: Holds) -> bool:
    """Tell whether a test looks at nothing of a customer but one attribute."""
    test = question.test
    if question.of_trigger or isinstance(test.phrase, _OF_MORE_THAN_A_VALUE):
        return False
    is_changed = any(name == test.fact for name, _ in question.changed)
    return not is_changed and test.kind not in (FactKind.EVENT, FactKind.STEP)


_OF_MORE_THAN_A_VALUE: Final = (Happened, MetricTotal, MetricChange, StepEnded)


def _keys_to_test(question: Holds, crowd: Crowd, who: Sequence[Place]) -> Sequence[object]:
    test = question.test
    if is_decided_by_value(question):
        return _by_value(crowd, test.fact, who)
    if question.of_trigger:
        return [id(crowd.triggers[place]) for place in who]
    match test.phrase:
        case Happened():
            return _by_events(crowd, test.fact, who)
        case MetricTotal(event=event) | MetricChange(event=event):
            return _by_events(crowd, event, who)
        case StepEnded():
            return _by_results(crowd, who)
        case _:
            pass
    match test.kind:
        case FactKind.EVENT:
            return _by_events(crowd, test.fact, who)
        case FactKind.STEP:
            return _by_results(crowd, who)
        case _:
            return ALL_ALIKE  # what was changed in this very advance is the same for all


def _by_value(crowd: Crowd, attribute: str, who: Sequence[Place]) -> Sequence[object]:
    column = values_of(crowd, attribute, who)
    kinds = set(map(type, column)) - {NoneType}
    if not kinds or (len(kinds) == 1 and kinds <= _PLAIN):
        return column
    # Of different kinds, 1, 1.0 and true are equal keys and different values.
    return [(type(each), each) if type(each) in _PLAIN else id(each) for each in column]


#: Equal values of one of these kinds are read and shown alike, 0.0 and -0.0 too.
_PLAIN: Final = frozenset({str, bool, int, float})


def _by_goal(
    plan: Plan, goal: Goal, crowd: Crowd, who: Sequence[Place], now: datetime
) -> Sequence[object]:
    if goal.for_the_same is not None or not is_always(goal.where):
        return _by_events(crowd, goal.event, who)
    began = crowd.positions[who[0]].started_at
    return _by_times(crowd, goal.event, who, goal_until(goal, plan.timezone, began, now))


def _by_times(crowd: Crowd, event: str, who: Sequence[Place], until: datetime) -> Sequence[object]:
    """Those to whom it happened as often since their runs began are alike."""
    if not crowd.events:
        return ALL_ALIKE
    find, began = crowd.events.get, crowd.positions[who[0]].started_at
    return [
        len(within(known.get(event, ()), began, until)) if (known := find(place)) else 0
        for place in who
    ]


def _by_zone(plan: Plan, crowd: Crowd, who: Sequence[Place]) -> Sequence[object]:
    """Where the profile names a zone that there is, nothing else is looked at."""
    profiles = _texts(values_of(crowd, "timezone", who))
    zones = {each: zone_in_profile(each) for each in set(profiles)}
    named = [*map(zones.__getitem__, profiles)]
    if None not in zones.values():
        return named
    phones = values_of(crowd, "phone", who)
    return [
        name or zone_name(None, phone, plan.timezone)
        for name, phone in zip(named, phones, strict=True)
    ]


def _texts(column: Sequence[Any]) -> Sequence[str | None]:
    """Give the texts of a column; what is no text is no zone."""
    if set(map(type, column)) <= {str, NoneType}:
        return column
    return [each if isinstance(each, str) else None for each in column]


def _by_events(crowd: Crowd, event: str, who: Sequence[Place]) -> Sequence[object]:
    """Those to whom it never happened are alike; all others are each by themselves."""
    if not crowd.events:
        return ALL_ALIKE
    find = crowd.events.get
    return [place if (known := find(place)) and known.get(event) else None for place in who]


def _by_object(of_step: Mapping[Place, object] | None, who: Sequence[Place]) -> Sequence[object]:
    return [*map(id, map(of_step.get, who))] if of_step else ALL_ALIKE


def _by_results(crowd: Crowd, who: Sequence[Place]) -> Sequence[object]:
    """Those are alike whose messages and tasks are the same objects at every step."""
    steps: list[Mapping[Place, object]] = [*crowd.sent.values(), *crowd.tasks.values()]
    return [*zip(*(map(id, map(of_step.get, who)) for of_step in steps), strict=True)] or ALL_ALIKE


def values_of(crowd: Crowd, attribute: str, who: Sequence[Place]) -> Sequence[Any]:
    """Give the values of an attribute of some of a crowd; None where there is none."""
    column = crowd.attributes.get(attribute)
    if column is None:
        return [None] * len(who)
    if len(who) == len(column):
        return column
    return itemgetter(*who)(column) if len(who) > 1 else [column[who[0]]]
