"""Who is alike to a question: whatever an answer depends on, as a key for each run of a crowd.

Runs that stand at one position and have equal keys get equal answers, and their tests see equal
values; so it is enough to ask one of them. Keys may differ where answers do not: that costs time
and changes nothing. What an answer may depend on is said in `answering`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, assert_never

from keepwarm.engine.answering import arm_drawn, zone_name
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
from keepwarm.schema.conditions import FactKind, Happened, MetricChange, MetricTotal, StepEnded

#: The keys of a question whose answer is the same for all.
ALL_ALIKE: Final = (None,)


def keys_to(question: Question, plan: Plan, crowd: Crowd, who: Sequence[Place]) -> Sequence[object]:
    """Give a key for each of these runs, or ALL_ALIKE."""
    match question:
        case Holds():
            return _keys_to_test(question, crowd, who)
        case GoalReached():
            goal = plan.goal
            return ALL_ALIKE if goal is None else _by_events(crowd, goal.event, who)
        case HappenedBy(event=event) | LastHappened(event=event):
            return _by_events(crowd, event, who)
        case ZoneName():
            profile, phone = _column(crowd, "timezone", who), _column(crowd, "phone", who)
            return [zone_name(*each, plan.timezone) for each in zip(profile, phone, strict=True)]
        case ArmDrawn():
            return [arm_drawn(question, crowd.customers[place]) for place in who]
        case MessageEnded(step):
            return _by_object(crowd.sent, step, who)
        case TaskEnded(step):
            return _by_object(crowd.tasks, step, who)
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
    return [
        # 1, 1.0 and true are equal keys and different values; so are 0.0 and -0.0.
        value if value is None or value.__class__ is str
        else (value.__class__, value) if value.__class__ in _NUMBERS and value
        else id(value)
        for value in _column(crowd, attribute, who)
    ]  # fmt: skip


_NUMBERS: Final = frozenset({bool, int, float})


def _column(crowd: Crowd, attribute: str, who: Sequence[Place]) -> Sequence[Any]:
    column = crowd.attributes.get(attribute)
    if column is None:
        return [None] * len(who)
    if len(who) == len(column):
        return column
    return itemgetter(*who)(column) if len(who) > 1 else [column[who[0]]]


def _by_events(crowd: Crowd, event: str, who: Sequence[Place]) -> Sequence[object]:
    """Those to whom it never happened are alike; all others are each by themselves."""
    if not crowd.events:
        return ALL_ALIKE
    find = crowd.events.get
    return [place if (known := find(place)) and known.get(event) else None for place in who]


def _by_object(
    known: Mapping[Place, Mapping[int, object]], step: int, who: Sequence[Place]
) -> Sequence[object]:
    if not known:
        return ALL_ALIKE
    return [id(found.get(step)) if (found := known.get(place)) else None for place in who]


def _by_results(crowd: Crowd, who: Sequence[Place]) -> Sequence[object]:
    return [(_ids(crowd.sent.get(place)), _ids(crowd.tasks.get(place))) for place in who]


def _ids(known: Mapping[int, object] | None) -> tuple[tuple[int, int], ...]:
    return tuple((step, id(each)) for step, each in known.items()) if known else ()
