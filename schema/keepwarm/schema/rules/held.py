"""What is certain of a customer at one moment: tests that hold, and tests that do not.

Time may change a customer, so all of it is forgotten at a wait; what the playbook itself writes is
forgotten when it is written. What `stop_if_any` asks never holds of anybody inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import (
    All,
    AnyOf,
    Condition,
    FactKind,
    Happened,
    InSegment,
    IsKnown,
    NoneOf,
    Test,
)
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import PointsStep, Step, TagStep, UpdateStep
from keepwarm.schema.rules.meaning import exclude_each_other, implies, parts_of


@dataclass(frozen=True, slots=True)
class Held:
    """The tests that hold, and those that do not."""

    catalog: Catalog
    true: tuple[Test, ...] = ()
    false: tuple[Test, ...] = ()
    #: Those that never hold, however much time goes by.
    never: tuple[Test, ...] = ()
    #: Those that always hold: what has happened once, has happened.
    always: tuple[Test, ...] = ()

    def where(self, condition: Condition) -> Held:
        """Give what is certain where a condition holds."""
        true, false = [*self.true], [*self.false]
        for part in parts_of(condition):
            match part:
                case Test():
                    true += [part, *self._inside(part)]
                case NoneOf(of):
                    false += [each for each in of if isinstance(each, Test)]
                case AnyOf(of=(Test() as only,)):
                    true += [only, *self._inside(only)]
                case _:
                    pass
        return replace(self, true=tuple(true), false=tuple(false))

    def unless(self, condition: Condition) -> Held:
        """Give what is certain where a condition does not hold."""
        match condition:
            case Test():
                return replace(self, false=(*self.false, condition))
            case All(of=(only,)):
                return self.unless(only)
            case AnyOf(of):
                return replace(
                    self, false=(*self.false, *(each for each in of if isinstance(each, Test)))
                )
            case NoneOf(of=(only,)):
                return self.where(only)
            case _:
                return self

    def beside(self, stops: Condition | None) -> Held:
        """Give what is certain of those whom `stop_if_any` has not stopped."""
        asked = stops.of if isinstance(stops, AnyOf) else ()
        return replace(self, never=tuple(each for each in asked if isinstance(each, Test)))

    def after_event(self, event: str, span: Span) -> Held:
        """Give what is certain of those whom an event let in: it has happened."""
        happened = Test(event, FactKind.EVENT, Happened(1, None), "at least once", span)
        return replace(self, always=(*self.always, happened))

    def later(self) -> Held:
        """Give what is still certain when time has gone by."""
        return replace(self, true=(), false=())

    def without(self, facts: Iterable[str]) -> Held:
        """Give what is still certain when the playbook has written these facts."""
        changed = set(facts)
        if not changed:
            return self
        return replace(
            self,
            true=tuple(test for test in self.true if test.fact not in changed),
            false=tuple(test for test in self.false if test.fact not in changed),
        )

    def _inside(self, test: Test) -> Iterator[Test]:
        """Give the tests of a segment that a customer is in, at the place that names it."""
        segment = self.catalog.segments.get(test.fact)
        if segment is not None and test.phrase == InSegment(wanted=True):
            for part in parts_of(segment.condition):
                if isinstance(part, Test):
                    yield replace(part, span=test.span)

    # ── What follows ─────────────────────────────────────────────────────────────────────────

    def excludes(self, condition: Condition) -> Test | None:
        """Give the test because of which a condition cannot hold; None where it may."""
        match condition:
            case Test():
                return self._excludes(condition)
            case All(of):
                return next((why for part in of if (why := self.excludes(part))), None)
            case AnyOf(of):
                reasons = [self.excludes(part) for part in of]
                return reasons[0] if reasons and all(reasons) else None
            case NoneOf(of):
                return next((why for part in of if (why := self.implies(part))), None)

    def implies(self, condition: Condition) -> Test | None:
        """Give a test because of which a condition must hold; None where it need not."""
        match condition:
            case Test():
                return self._implies(condition)
            case All(of):
                reasons = [self.implies(part) for part in of]
                return reasons[0] if reasons and all(reasons) else None
            case AnyOf(of):
                return next((why for part in of if (why := self.implies(part))), None)
            case NoneOf(of):
                reasons = [self.excludes(part) for part in of]
                return reasons[0] if reasons and all(reasons) else None

    def _excludes(self, test: Test) -> Test | None:
        for other in (*self.true, *self.always):
            if other.fact == test.fact and exclude_each_other(other.phrase, test.phrase):
                return other
        for other in (*self.false, *self.never):
            if other.fact == test.fact and implies(test.phrase, other.phrase):
                return other
        return None

    def _implies(self, test: Test) -> Test | None:
        for other in (*self.true, *self.always):
            if other.fact == test.fact and implies(other.phrase, test.phrase):
                return other
        for other in (*self.false, *self.never):
            if other.fact == test.fact and _is_all_but(other, test):
                return other
        return None


def _is_all_but(denied: Test, test: Test) -> bool:
    """Tell whether a test holds wherever the denied one does not: of what is never missing."""
    match denied.phrase, test.phrase:
        case (IsKnown(wanted=a), IsKnown(wanted=b)) | (InSegment(wanted=a), InSegment(wanted=b)):
            return a != b
        case Happened(low=1, high=None) as a, Happened(high=0) as b:
            return (a.window, a.where) == (b.window, b.where)
        case Happened(high=0) as a, Happened(low=1, high=None) as b:
            return (a.window, a.where) == (b.window, b.where)
        case _:
            return False


def first_test(condition: Condition) -> Test | None:
    """Give the first line of a condition, which shows where it stands; None for an empty list."""
    if isinstance(condition, Test):
        return condition
    return next((test for part in condition.of if (test := first_test(part))), None)


def facts_written(step: Step) -> tuple[str, ...]:
    """Give the facts that a step writes."""
    match step:
        case UpdateStep(values=values):
            return tuple(values)
        case TagStep(attribute=attribute):
            return (attribute,)
        case PointsStep():
            return ("points",)
        case _:
            return ()
