"""Conditions made self-contained: segments put in place, names looked up, needs gathered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from keepwarm.engine.plan import Needs
from keepwarm.engine.windows import reach
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import (
    All,
    AnyOf,
    Condition,
    EventWindow,
    FactKind,
    Happened,
    InLast,
    InSegment,
    InShare,
    MetricChange,
    MetricTotal,
    NoneOf,
    SinceStart,
    StepEnded,
    Test,
)


def expand_segments(condition: Condition, catalog: Catalog) -> Condition:
    """Give the condition as it can be evaluated without the catalog.

    A segment's test becomes its condition (for `no`, none of it), at the place that named it. A
    metric's test learns its event and property, and a score's that it is one.

    Raises:
        KeyError: the catalog lacks the segment or the metric.
        ValueError: a segment contains itself.
    """
    return _expanded(condition, catalog, ())


def tests_in(condition: Condition) -> Iterator[Test]:
    """Give every test of a condition, in the order written; not those of an event's `where`."""
    if isinstance(condition, Test):
        yield condition
        return
    for each in condition.of:
        yield from tests_in(each)


def needs(conditions: Iterable[Condition]) -> Needs:
    """Give what must be read of a customer before these conditions can be evaluated.

    They must be expanded.
    """
    gathered = _Gathered()
    for condition in conditions:
        for test in tests_in(condition):
            gathered.add(test)
    return Needs(
        attributes=frozenset(gathered.attributes),
        events=gathered.events,
        since_start=frozenset(gathered.since_start),
        thresholds=frozenset(gathered.thresholds),
        results=gathered.results,
        scores=frozenset(gathered.scores),
        properties={name: frozenset(names) for name, names in gathered.properties.items()},
    )


def _expanded(condition: Condition, catalog: Catalog, within: tuple[str, ...]) -> Condition:
    match condition:
        case Test():
            return _expanded_test(condition, catalog, within)
        case All(of):
            return All(tuple(_expanded(each, catalog, within) for each in of))
        case AnyOf(of):
            return AnyOf(tuple(_expanded(each, catalog, within) for each in of))
        case NoneOf(of):
            return NoneOf(tuple(_expanded(each, catalog, within) for each in of))
        case _:
            assert_never(condition)


def _expanded_test(test: Test, catalog: Catalog, within: tuple[str, ...]) -> Condition:
    match test.phrase:
        case InSegment(wanted):
            if test.fact in within:
                circle = " -> ".join((*within, test.fact))
                raise ValueError(f"a segment contains itself: {circle}")
            inner = _expanded(catalog.segments[test.fact].condition, catalog, (*within, test.fact))
            placed = _placed(inner, test)
            return placed if wanted else NoneOf((placed,))
        case MetricTotal() | MetricChange():
            metric = catalog.metrics[test.fact]
            phrase = replace(test.phrase, event=metric.event, property=metric.property)
            return replace(test, phrase=phrase)
        case _:
            is_score = test.kind is not FactKind.STEP and test.fact in catalog.scores
            return replace(test, score=True) if is_score else test


def _placed(condition: Condition, at: Test) -> Condition:
    """Give a segment's condition with the place of the test that named it."""
    match condition:
        case Test():
            return replace(condition, span=at.span)
        case All(of):
            return All(tuple(_placed(each, at) for each in of))
        case AnyOf(of):
            return AnyOf(tuple(_placed(each, at) for each in of))
        case NoneOf(of):
            return NoneOf(tuple(_placed(each, at) for each in of))
        case _:
            assert_never(condition)


@dataclass(slots=True)
class _Gathered:
    """Needs while they are gathered."""

    attributes: set[str] = field(default_factory=set)
    scores: set[str] = field(default_factory=set)
    events: dict[str, timedelta | None] = field(default_factory=dict)
    since_start: set[str] = field(default_factory=set)
    properties: dict[str, set[str]] = field(default_factory=dict)
    thresholds: set[tuple[str, str, Decimal]] = field(default_factory=set)
    results: bool = False

    def add(self, test: Test) -> None:
        match test.phrase:
            case Happened(_, _, window, where):
                self._add_window(test.fact, window)
                asked = () if where is None else (each.fact for each in tests_in(where))
                self._add_properties(test.fact, asked)
            case MetricTotal(_, _, length, event, summed):
                self._add_event(event, reach(length))
                self._add_properties(event, () if summed is None else (summed,))
            case MetricChange(_, _, length, event, summed):
                self._add_event(event, 2 * reach(length))
                self._add_properties(event, () if summed is None else (summed,))
            case InShare(end, share):
                self.thresholds.add((test.fact, end, share))
                self._add_fact(test)
            case StepEnded():
                self.results = True
            case _:
                self._add_fact(test)

    def _add_fact(self, test: Test) -> None:
        match test.kind:
            case FactKind.EVENT:
                self._add_event(test.fact, None)
            case FactKind.STEP:
                self.results = True
            case _:
                self.attributes.add(test.fact)
                if test.score:
                    self.scores.add(test.fact)

    def _add_window(self, event: str, window: EventWindow) -> None:
        match window:
            case SinceStart():
                self.since_start.add(event)
            case InLast(length):
                self._add_event(event, reach(length))
            case None:
                self._add_event(event, None)
            case _:
                assert_never(window)

    def _add_event(self, name: str, back: timedelta | None) -> None:
        known = self.events.get(name, timedelta())
        self.events[name] = None if back is None or known is None else max(back, known)

    def _add_properties(self, event: str, names: Iterable[str]) -> None:
        if asked := set(names):
            self.properties.setdefault(event, set()).update(asked)
