"""Segments: conditions with a name, which may ask about each other but not go round in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from keepwarm.schema.catalog import Catalog, Segment
from keepwarm.schema.catalog_reading.declared import Declared, Sections
from keepwarm.schema.condition_reading import Scope, read_conditions
from keepwarm.schema.conditions import ALWAYS, All, AnyOf, Condition, InSegment, NoneOf, Test
from keepwarm.schema.nodes import Scalar


def with_segments(
    catalog: Catalog, sections: Sections, broken: frozenset[str]
) -> tuple[Catalog, frozenset[str]]:
    """Give the catalog with its segments, and which of these could not be read.

    While segments are read, each knows the names of all.
    """
    declared = sections.of("segments")
    named = {name: Segment(name, ALWAYS, each.place) for name, each in declared.items()}
    scope = Scope(
        replace(catalog, segments=named), broken=broken, catalog_is_whole=sections.is_whole
    )
    read: dict[str, Segment] = {}
    unread: set[str] = set()
    for name, each in declared.items():
        so_far = len(each.faults.problems)
        read[name] = _read(each, scope)
        if len(each.faults.problems) > so_far:
            unread.add(name)
    circular = _in_circles(read, declared)
    # Whoever follows what a segment asks must come to an end.
    ends = {name: Segment(name, ALWAYS, read[name].place) for name in circular}
    return replace(catalog, segments=read | ends), circular | unread


def segments_within(condition: Condition) -> Iterator[str]:
    """Give the name of every segment that a condition asks about."""
    match condition:
        case Test(phrase=InSegment()):
            yield condition.fact
        case Test():
            return
        case All(of) | AnyOf(of) | NoneOf(of):
            for part in of:
                yield from segments_within(part)


def _read(declared: Declared, scope: Scope) -> Segment:
    node = declared.entry.value
    if isinstance(node, Scalar) and not node.text:
        declared.faults.add(
            "empty",
            declared.entry.key,
            f'the segment "{declared.name}" has no conditions',
            hint="for example:  - monthly_revenue: at least 500",
        )
        return Segment(declared.name, ALWAYS, declared.place)
    return Segment(declared.name, read_conditions(node, scope, declared.faults), declared.place)


def _in_circles(
    segments: Mapping[str, Segment], declared: Mapping[str, Declared]
) -> frozenset[str]:
    """Refuse segments that need themselves to be known, each circle once, and name them."""
    uses = {name: tuple(segments_within(each.condition)) for name, each in segments.items()}
    done: set[str] = set()
    found: set[str] = set()
    for name in segments:
        path = _circle(name, uses)
        if path is None:
            continue
        found.add(name)
        if set(path) & done:
            continue
        done |= set(path)
        way = " needs ".join(f'"{each}"' for each in path)
        declared[name].faults.add(
            "segment-circle", declared[name].entry.key, f"a segment cannot need itself: {way}"
        )
    return frozenset(found)


def _circle(start: str, uses: Mapping[str, tuple[str, ...]]) -> list[str] | None:
    """Give the way from a segment back to itself, or None."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for after in uses.get(way[-1], ()):
            if after == start:
                return [*way, start]
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return None
