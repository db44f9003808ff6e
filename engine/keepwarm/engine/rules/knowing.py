"""What a condition tells about attributes: which of them are known where it holds, or does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import (
    All,
    AnyOf,
    Condition,
    Happened,
    Has,
    InSegment,
    IsKnown,
    NoneOf,
    StepEnded,
    Test,
)

_NOTHING: frozenset[str] = frozenset()


def known_where(condition: Condition, catalog: Catalog) -> frozenset[str]:
    """Give the facts that certainly have a value where a condition holds."""
    match condition:
        case Test():
            return _known_by(condition, catalog, holds=True)
        case All(of):
            return _any_of(known_where(part, catalog) for part in of)
        case AnyOf(of):
            return _all_of([known_where(part, catalog) for part in of])
        case NoneOf(of):
            return _any_of(known_unless(part, catalog) for part in of)
        case _:
            assert_never(condition)


def known_unless(condition: Condition, catalog: Catalog) -> frozenset[str]:
    """Give the facts that certainly have a value where a condition does not hold."""
    match condition:
        case Test():
            return _known_by(condition, catalog, holds=False)
        case All(of):
            return _all_of([known_unless(part, catalog) for part in of])
        case AnyOf(of):
            return _any_of(known_unless(part, catalog) for part in of)
        case NoneOf(of):
            return _all_of([known_where(part, catalog) for part in of])
        case _:
            assert_never(condition)


def _known_by(test: Test, catalog: Catalog, *, holds: bool) -> frozenset[str]:
    match test.phrase:
        case IsKnown(wanted):
            return frozenset({test.fact}) if wanted is holds else _NOTHING
        case InSegment(wanted):
            segment = catalog.segments.get(test.fact)
            if segment is None:
                return _NOTHING
            inside = known_where if wanted is holds else known_unless
            return inside(segment.condition, catalog)
        case Happened() | StepEnded() | Has():
            return _NOTHING
        case _:
            # A missing value meets no other test.
            return frozenset({test.fact}) if holds else _NOTHING


def _any_of(each: Iterable[frozenset[str]]) -> frozenset[str]:
    return _NOTHING.union(*each)


def _all_of(each: list[frozenset[str]]) -> frozenset[str]:
    return each[0].intersection(*each[1:]) if each else _NOTHING
