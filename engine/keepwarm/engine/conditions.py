"""Whether a condition holds for one customer: its meaning in memory.

`store/condition_sql.py` computes the same meaning over all customers; a property test holds the
two equal. What the words mean in doubtful cases:

- A value of the wrong type, an empty text and a date that is not written as one are missing.
- A missing value matches nothing but `unknown`. Nobody's tags are missing: who was never tagged
  has none. Counts and sums over no events are zero.
- Windows end at the given moment and hold both their ends; `more than 30 days ago` is the rest.
- Numbers compare as floats. Sums are made of ten-thousandths, so that ten times 0.1 is 1; an
  amount beyond 100 billion is missing.

A condition is compiled once into closures and remembered by identity: hold on to the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from keepwarm.engine import attribute_tests, event_tests
from keepwarm.engine.expanding import expand_segments, needs, tests_in
from keepwarm.engine.facts import Value
from keepwarm.engine.run import Check
from keepwarm.engine.situation import Asked, Situation
from keepwarm.schema.conditions import (
    AfterDate,
    All,
    AnyOf,
    BeforeDate,
    Between,
    Compare,
    Condition,
    Contains,
    FactKind,
    Far,
    Happened,
    Has,
    InSegment,
    InShare,
    IsKnown,
    IsTrue,
    MetricChange,
    MetricTotal,
    Near,
    NoneOf,
    OneOf,
    StartsWith,
    StepEnded,
    Test,
    Today,
)

__all__ = [
    "Asked",
    "Situation",
    "checks",
    "compiled",
    "expand_segments",
    "holds",
    "needs",
    "tests_in",
]

_REMEMBERED = 4096
#: Identity of a condition -> the condition, so that no other gets its identity; its closure.
_compiled: dict[int, tuple[Condition, Asked]] = {}


def holds(
    condition: Condition, situation: Situation, of: Mapping[str, Value] | None = None
) -> bool:
    """Tell whether the condition holds.

    `of` gives an event's properties where the condition is about the event (`where`).
    """
    return compiled(condition)(situation, situation.facts.attributes if of is None else of)


def compiled(condition: Condition) -> Asked:
    """Give the function that tells whether the condition holds, to be called many times.

    It takes a situation and the mapping that attributes are read from (`facts.attributes`).
    Raises ValueError for a condition that was not expanded (`expand_segments`).
    """
    known = _compiled.get(id(condition))
    if known is not None:
        return known[1]
    asked = _built(condition)
    if len(_compiled) >= _REMEMBERED:
        _compiled.clear()
    _compiled[id(condition)] = (condition, asked)
    return asked


def checks(
    condition: Condition, situation: Situation, of: Mapping[str, Value] | None = None
) -> tuple[Check, ...]:
    """Give the tests looked at, in order, up to the one that decided.

    A list of all stops at the first test that fails, so that the last check says why not; a list
    of any, and one of none, stops at the first that holds.
    """
    looked_at: list[Check] = []
    _check(condition, situation, situation.facts.attributes if of is None else of, looked_at)
    return tuple(looked_at)


def _check(
    condition: Condition,
    situation: Situation,
    values: Mapping[str, Value],
    looked_at: list[Check],
) -> bool:
    match condition:
        case Test():
            held = compiled(condition)(situation, values)
            line = condition.span.line
            looked_at.append(Check(condition.fact, condition.wanted, held, line))
            return held
        case All(of):
            return all(_check(each, situation, values, looked_at) for each in of)
        case AnyOf(of):
            return any(_check(each, situation, values, looked_at) for each in of)
        case NoneOf(of):
            return not any(_check(each, situation, values, looked_at) for each in of)
        case _:
            assert_never(condition)


def _built(condition: Condition) -> Asked:
    match condition:
        case Test():
            return _test(condition)
        case All(of):
            return _all(tuple(_built(each) for each in of))
        case AnyOf(of):
            return _any(tuple(_built(each) for each in of))
        case NoneOf(of):
            return _none(tuple(_built(each) for each in of))
        case _:
            assert_never(condition)


def _all(parts: tuple[Asked, ...]) -> Asked:
    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs more than most tests
            if not part(situation, values):
                return False
        return True

    return parts[0] if len(parts) == 1 else asked


def _any(parts: tuple[Asked, ...]) -> Asked:
    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        for part in parts:  # noqa: SIM110
            if part(situation, values):
                return True
        return False

    return parts[0] if len(parts) == 1 else asked


def _none(parts: tuple[Asked, ...]) -> Asked:
    some = _any(parts)

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        return not some(situation, values)

    return asked


def _test(test: Test) -> Asked:
    fact = test.fact
    match test.phrase:
        case Compare(comparison, value):
            return attribute_tests.compares(fact, comparison, float(value))
        case Between(low, high):
            return attribute_tests.lies_between(fact, float(low), float(high))
        case InShare(end, share):
            return attribute_tests.is_in_share(fact, end, share)
        case OneOf(wanted, negated):
            return attribute_tests.is_one_of(fact, frozenset(wanted), negated=negated)
        case Contains() | StartsWith():
            return attribute_tests.is_like(fact, test.phrase)
        case IsTrue(wanted):
            return attribute_tests.is_truth(fact, wanted=wanted)
        case Near() | Far() | Today() | BeforeDate() | AfterDate():
            return attribute_tests.lies_in_time(fact, test.kind, test.phrase)
        case Has(tags, negated):
            return attribute_tests.has_tag(fact, frozenset(tags), negated=negated)
        case IsKnown(wanted):
            return _known(test, wanted=wanted)
        case Happened(where=where):
            asked = None if where is None else _built(where)
            return event_tests.happened(fact, test.phrase, asked)
        case MetricTotal() | MetricChange():
            return _metric(fact, test.phrase)
        case StepEnded(words, negated):
            return event_tests.ended(fact, frozenset(words), negated=negated)
        case InSegment():
            raise ValueError(f"the segment {fact} was not put in its place")
        case _:
            assert_never(test.phrase)


def _known(test: Test, *, wanted: bool) -> Asked:
    match test.kind:
        case FactKind.EVENT:
            return event_tests.came_ever(test.fact, wanted=wanted)
        case FactKind.STEP:
            return event_tests.has_ended(test.fact, wanted=wanted)
        case FactKind.METRIC | FactKind.SEGMENT:
            raise ValueError(f"{test.fact} is never unknown")
        case _:
            return attribute_tests.is_known(test.fact, test.kind, wanted=wanted)


def _metric(name: str, phrase: MetricTotal | MetricChange) -> Asked:
    if not phrase.event:
        raise ValueError(f"the metric {name} was not looked up in the catalog")
    if isinstance(phrase, MetricTotal):
        return event_tests.totals(phrase)
    return event_tests.changed(phrase)
