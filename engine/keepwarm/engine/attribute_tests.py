"""Tests on attributes, scores and the properties of events, as closures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from keepwarm.engine.facts import Value
from keepwarm.engine.letters import regex
from keepwarm.engine.situation import Asked, Situation, at_each_moment
from keepwarm.engine.values import NUMBER_TYPES, tags_in, test_of_value
from keepwarm.engine.windows import TimePhrase, text_range
from keepwarm.schema.conditions import Comparison, Contains, End, FactKind, StartsWith

#: The comparisons of numbers; SQL expressions compare by the same functions.
COMPARE: Final[Mapping[Comparison, Callable[[Any, Any], Any]]] = {
    Comparison.IS: operator.eq,
    Comparison.IS_NOT: operator.ne,
    Comparison.AT_LEAST: operator.ge,
    Comparison.MORE_THAN: operator.gt,
    Comparison.AT_MOST: operator.le,
    Comparison.BELOW: operator.lt,
}


def compares(fact: str, comparison: Comparison, bound: float) -> Asked:
    """Give the test that a number lies on this side of the bound."""
    compare = COMPARE[comparison]

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        value: Any = values.get(fact)
        return type(value) in NUMBER_TYPES and bool(compare(float(value), bound))

    return asked


def lies_between(fact: str, low: float, high: float) -> Asked:
    """Give the test that a number lies between two others, or is one of them."""

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        value: Any = values.get(fact)
        return type(value) in NUMBER_TYPES and low <= float(value) <= high

    return asked


def is_in_share(fact: str, end: End, share: Decimal) -> Asked:
    """Give the test that a number lies at or beyond the value at a rank among all customers."""
    key = (fact, str(end), share)
    compare = operator.ge if end is End.TOP else operator.le

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        value: Any = values.get(fact)
        if type(value) not in NUMBER_TYPES:
            return False
        threshold = situation.facts.thresholds.get(key)
        return threshold is not None and compare(float(value), threshold)

    return asked


def is_one_of(fact: str, wanted: frozenset[str], *, negated: bool) -> Asked:
    """Give the test that a text is one of these or, negated, that it is another."""
    listed = wanted | {""} if negated else wanted - {""}

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        value = values.get(fact)
        return isinstance(value, str) and (value in listed) is not negated

    return asked


def is_like(fact: str, phrase: Contains | StartsWith) -> Asked:
    """Give the test that a text contains another, or starts with it."""
    find = re.compile(regex(phrase)).search

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        value = values.get(fact)
        return isinstance(value, str) and value != "" and find(value) is not None

    return asked


def is_truth(fact: str, *, wanted: bool) -> Asked:
    """Give the test for yes or no."""

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        return values.get(fact) is wanted

    return asked


def lies_in_time(fact: str, kind: FactKind, phrase: TimePhrase) -> Asked:
    """Give the test that a date or moment lies where the phrase says, seen from now."""
    bounds = at_each_moment(lambda now, zone: text_range(phrase, kind, now, zone))
    is_value = test_of_value(kind)

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        value = values.get(fact)
        if not isinstance(value, str):
            return False
        low, high = bounds(situation)
        return low <= value < high and is_value(value)

    return asked


def has_tag(fact: str, tags: frozenset[str], *, negated: bool) -> Asked:
    """Give the test that one of the tags is there or, negated, that none is."""

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        return tags.isdisjoint(tags_in(values.get(fact))) is negated

    return asked


def is_known(fact: str, kind: FactKind, *, wanted: bool) -> Asked:
    """Give the test that there is a value or, not wanted, that there is none."""
    is_value = test_of_value(kind)

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del situation
        return is_value(values.get(fact)) is wanted

    return asked
