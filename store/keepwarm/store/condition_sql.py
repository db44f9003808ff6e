"""Conditions as SQL: the meaning of `engine/conditions.py` over all customers at once.

What is made here stands in a WHERE over `customer`, where NULL counts as no. NOT appears nowhere:
what `none:` wants not to hold is asked for as such, so that NULL counts as no there too. Values
are bound, the clock among them; names are checked and written out, so that indexes serve them.
"""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from keepwarm.engine.attribute_tests import COMPARE
from keepwarm.engine.letters import glob, regex
from keepwarm.engine.windows import EARLIEST, LATEST, TimePhrase, text_range
from keepwarm.schema.conditions import (
    AfterDate,
    All,
    AnyOf,
    BeforeDate,
    Between,
    Compare,
    Condition,
    Contains,
    End,
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
from keepwarm.store import event_sql
from keepwarm.store.database import Dialect
from keepwarm.store.event_sql import Look
from keepwarm.store.fact_sql import (
    SCORE,
    Fact,
    attribute_fact,
    has_tag,
    member_fact,
    score_fact,
    threshold,
    truth_value,
)

#: Whether something holds, for a WHERE.
Predicate: TypeAlias = ColumnElement[bool]

#: The JSON object whose members a test is about: an event's properties; None: the customer.
_Within: TypeAlias = ColumnElement[Any] | None


def condition_sql(condition: Condition, look: Look) -> Predicate:
    """Give whether the condition holds, for a WHERE over `customer`.

    Tests on named steps never hold, since there is no run. Raises ValueError for a condition that
    was not expanded (`expand_segments`), and for a name that the catalog would not take.
    """
    return _sql(condition, look, None, wanted=True)


def _sql(condition: Condition, look: Look, within: _Within, *, wanted: bool) -> Predicate:
    match condition:
        case Test():
            return _test(condition, look, within, wanted=wanted)
        case All(of):
            return _joined(of, look, within, wanted=wanted, every=wanted)
        case AnyOf(of):
            return _joined(of, look, within, wanted=wanted, every=not wanted)
        case NoneOf(of):
            return _joined(of, look, within, wanted=not wanted, every=wanted)
        case _:
            assert_never(condition)


def _joined(
    of: tuple[Condition, ...], look: Look, within: _Within, *, wanted: bool, every: bool
) -> Predicate:
    # Sets of customers come last: they cost the most, and SQLite asks in the order written.
    parts = [_sql(each, look, within, wanted=wanted) for each in sorted(of, key=_is_set)]
    return and_(true(), *parts) if every else or_(false(), *parts)


def _is_set(condition: Condition) -> bool:
    if isinstance(condition, Test):
        return condition.score or condition.kind in (FactKind.EVENT, FactKind.METRIC)
    return any(_is_set(each) for each in condition.of)


def _test(test: Test, look: Look, within: _Within, *, wanted: bool) -> Predicate:
    match test.phrase:
        case Happened(where=where):
            asked = None if where is None else _of_properties(where, look)
            return event_sql.happened(test.fact, test.phrase, asked, look, wanted=wanted)
        case MetricTotal() | MetricChange():
            return _metric(test.fact, test.phrase, look, wanted=wanted)
        case InSegment():
            raise ValueError(f"the segment {test.fact} was not put in its place")
        case IsKnown(known) if test.kind is FactKind.EVENT:
            return event_sql.came_ever(test.fact, look, wanted=wanted is known)
        case IsKnown(known) if test.kind is FactKind.STEP:
            return false() if wanted is known else true()
        case StepEnded():
            return false() if wanted else true()
        case _:
            return _attribute(test, look, within, wanted=wanted)


def _of_properties(where: Condition, look: Look) -> event_sql.Where:
    return lambda properties: _sql(where, look, properties, wanted=True)


def _metric(
    name: str, phrase: MetricTotal | MetricChange, look: Look, *, wanted: bool
) -> Predicate:
    if not phrase.event:
        raise ValueError(f"the metric {name} was not looked up in the catalog")
    if isinstance(phrase, MetricTotal):
        return event_sql.totals(phrase, look, wanted=wanted)
    return event_sql.changed(phrase, look, wanted=wanted)


def _attribute(test: Test, look: Look, within: _Within, *, wanted: bool) -> Predicate:
    if test.score and within is None:
        return _score(test, look, wanted=wanted)
    if within is None:
        fact = attribute_fact(test.fact, test.kind, look.dialect)
    else:
        fact = member_fact(within, test.fact, test.kind, look.dialect)
    return _wanted(_of_fact(test, fact, look, within), wanted=wanted)


def _score(test: Test, look: Look, *, wanted: bool) -> Predicate:
    """Give the test as a set of the customers whose row of `score` meets it."""
    fact = score_fact(test.kind, look.dialect)
    if isinstance(test.phrase, IsKnown):
        asked, wanted = fact.is_known, wanted is test.phrase.wanted
    else:
        asked = _of_fact(test, fact, look, None)
    rows = select(SCORE.c.customer_id).where(SCORE.c.name == test.fact, asked)
    return event_sql.among(rows, look.dialect, wanted=wanted)


def _wanted(asked: Predicate, *, wanted: bool) -> Predicate:
    return asked if wanted else asked.is_not(true())


def _of_fact(test: Test, fact: Fact, look: Look, within: _Within) -> Predicate:
    """Give whether a value is as the phrase says; NULL may stand for no."""
    match test.phrase:
        case Compare(comparison, number):
            return _valid(fact, COMPARE[comparison](fact.value, float(number)))
        case Between(low, high):
            return _valid(fact, fact.value.between(float(low), float(high)))
        case InShare(end):
            return _valid(fact, _in_share(test, test.phrase, fact, look, end))
        case OneOf(values, negated):
            found = fact.value.not_in(values) if negated else fact.value.in_(values)
            return _valid(fact, found)
        case Contains() | StartsWith():
            return _valid(fact, _like(fact, test.phrase, look.dialect))
        case IsTrue(truth):
            return fact.value == truth_value(truth, look.dialect)
        case Near() | Far() | Today() | BeforeDate() | AfterDate():
            return _valid(fact, _in_time(test, test.phrase, fact, look))
        case Has(tags, negated):
            return _wanted(has_tag(within, test.fact, tags, look.dialect), wanted=not negated)
        case IsKnown(known):
            return _wanted(fact.is_known, wanted=known)
        case Happened() | MetricTotal() | MetricChange() | InSegment() | StepEnded():
            raise AssertionError(test.phrase)
        case _:
            assert_never(test.phrase)


def _valid(fact: Fact, asked: Predicate) -> Predicate:
    """Ask of those who match whether what matched is a value of its kind."""
    return asked if fact.is_value is None else and_(asked, fact.is_value)


def _in_share(test: Test, phrase: InShare, fact: Fact, look: Look, end: End) -> Predicate:
    limit = threshold(test.fact, end, phrase.share, is_score=test.score, dialect=look.dialect)
    return fact.value >= limit if end is End.TOP else fact.value <= limit


def _like(fact: Fact, phrase: Contains | StartsWith, dialect: Dialect) -> Predicate:
    match dialect:
        case Dialect.SQLITE:
            return fact.value.op("GLOB", is_comparison=True)(glob(phrase))
        case Dialect.POSTGRESQL:
            return fact.value.op("~", is_comparison=True)(regex(phrase))
        case _:
            assert_never(dialect)


def _in_time(test: Test, phrase: TimePhrase, fact: Fact, look: Look) -> Predicate:
    low, high = text_range(phrase, test.kind, look.now, look.timezone)
    bounds = []
    if low != EARLIEST:
        bounds.append(fact.value >= low)
    if high != LATEST:
        bounds.append(fact.value < high)
    return and_(true(), *bounds)
