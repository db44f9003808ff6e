"""Where everything lies: steps one below the other, the ways of a fork side by side.

A plan is nested: every fork's ways come together again before the next step. So there is nothing
to search for: each part says how far it reaches to the left and right of its middle, and is put
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from keepwarm.engine.charts.boxes import (
    Box,
    any_time_box,
    end_box,
    entry_box,
    label_box,
    step_box,
)
from keepwarm.engine.charts.outline import Fork, Item, Leaf, Way, outline
from keepwarm.engine.charts.widths import width_of
from keepwarm.engine.drawing_notes import NOTHING, Notes
from keepwarm.engine.plan import END, Plan

#: Between a box and the next below it, between neighbours, and around it all.
_DROP: Final = 30.0
_APART: Final = 26.0
_MARGIN: Final = 12.0
#: From a fork down to where its ways part, and from where they meet to what comes next.
_BEND: Final = 16.0
#: From where ways part down to the words that lead into each.
_HANG: Final = 18.0

#: The size of what stands beside a wire.
WIRE_SIZE: Final = 12.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A box where it lies, by its upper left corner."""

    box: Box
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Wire:
    """A line through these points, with an arrow at its end or without."""

    points: tuple[tuple[float, float], ...]
    has_arrow: bool
    #: What stands beside it, right of its last stretch.
    says: str = ""


@dataclass(slots=True)
class Chart:
    """A drawing: boxes and wires on a sheet of this size."""

    width: float
    height: float = 0.0
    boxes: list[Placed] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far something reaches from its middle, and how high it is."""

    left: float
    right: float
    height: float


def lay_out_chart(plan: Plan, notes: Notes = NOTHING) -> Chart:
    """Lay a plan out as a chart."""
    return _Layout(plan, notes).chart()


class _Layout:
    """One plan being laid out; every part is measured before it is placed."""

    def __init__(self, plan: Plan, notes: Notes) -> None:
        self._plan, self._notes = plan, notes
        self._boxes = [step_box(plan, index, notes) for index in range(len(plan.steps))]
        self._labels: dict[str, Box] = {}
        self._out = Chart(0.0)

    def chart(self) -> Chart:
        items, ends = outline(self._plan)
        entry, end = entry_box(self._plan, self._notes), end_box(self._notes)
        aside = any_time_box(self._plan, self._notes)
        middle = _widest([self._reach(items), *map(_reach_of, (entry, end))])
        axis = _MARGIN + middle.left
        self._out.width = axis + middle.right + _MARGIN
        below = self._put(entry, axis, _MARGIN)
        below = self._sequence(items, axis, below, leads_on=True)
        if ends:
            below = self._down_to(axis, below, self._notes.into.get(END, ""))
            below = self._put(end, axis, below)
        if aside is not None:
            below = self._put(aside, axis, below + _DROP)
        self._out.height = below + _MARGIN
        return self._out

    # ── Measuring ────────────────────────────────────────────────────────────────────────────

    def _reach(self, items: Sequence[Item]) -> _Reach:
        parts = [self._reach_of_item(item) for item in items]
        if not parts:
            return _Reach(0.0, 0.0, 0.0)
        widest = _widest(parts)
        height = sum(part.height for part in parts) + _DROP * (len(parts) - 1)
        return _Reach(widest.left, widest.right, height)

    def _reach_of_item(self, item: Item) -> _Reach:
        box = self._boxes[item.step]
        own = _reach_of(box, self._notes.into.get(item.step, ""))
        if isinstance(item, Leaf):
            return own
        ways = [self._reach_of_way(item.step, number) for number in self._numbered(item)]
        whole = sum(way.left + way.right for way in ways) + _APART * (len(ways) - 1)
        # The middle lies between those of the outer ways.
        half = (whole - ways[0].left - ways[-1].right) / 2
        height = box.height + 2 * _BEND + max(way.height for way in ways)
        reach = _Reach(half + ways[0].left, half + ways[-1].right, height)
        return _Reach(max(own.left, reach.left), max(own.right, reach.right), height)

    @staticmethod
    def _numbered(fork: Fork) -> list[tuple[int, Way]]:
        return list(enumerate(fork.ways))

    def _reach_of_way(self, fork: int, numbered: tuple[int, Way]) -> _Reach:
        number, way = numbered
        says = self._notes.arms.get((fork, number), "")
        label, rest = _reach_of(self._label(way), says), self._reach(way.items)
        widest = _widest((label, rest))
        between = _DROP if way.items else 0.0
        return _Reach(widest.left, widest.right, _HANG + label.height + between + rest.height)

    def _label(self, way: Way) -> Box:
        known = self._labels.get(way.says)
        if known is None:
            known = self._labels[way.says] = label_box(way.says)
        return known

    # ── Placing ──────────────────────────────────────────────────────────────────────────────

    def _sequence(self, items: Sequence[Item], axis: float, top: float, *, leads_on: bool) -> float:
        """Place items one below the other; give where the last ends."""
        at = top
        for number, item in enumerate(items):
            if number or leads_on:
                at = self._down_to(axis, at, self._notes.into.get(item.step, ""))
            at = self._put(self._boxes[item.step], axis, at)
            if isinstance(item, Fork):
                at = self._fork(item, axis, at)
        return at

    def _fork(self, fork: Fork, axis: float, top: float) -> float:
        """Place the ways of a fork whose box ends at `top`; give where they have met again."""
        ways = [(each, self._reach_of_way(fork.step, each)) for each in self._numbered(fork)]
        whole = sum(reach.left + reach.right for _, reach in ways) + _APART * (len(ways) - 1)
        left = axis - (whole - ways[0][1].left - ways[-1][1].right) / 2 - ways[0][1].left
        parts, meet = top + _BEND, top + 2 * _BEND + max(reach.height for _, reach in ways)
        for (number, way), reach in ways:
            middle = left + reach.left
            says = self._notes.arms.get((fork.step, number), "")
            begins = parts + _HANG
            bent = ((axis, top), (axis, parts), (middle, parts), (middle, begins))
            self._wire(bent, has_arrow=False, says=says)
            below = self._put(self._label(way), middle, begins)
            below = self._sequence(way.items, middle, below, leads_on=True)
            if way.goes_on:
                self._wire(((middle, below), (middle, meet), (axis, meet)), has_arrow=False)
            left += reach.left + reach.right + _APART
        return meet

    def _down_to(self, axis: float, top: float, says: str) -> float:
        below = top + _DROP
        self._wire(((axis, top), (axis, below)), has_arrow=True, says=says)
        return below

    def _put(self, box: Box, axis: float, top: float) -> float:
        self._out.boxes.append(Placed(box, axis - box.width / 2, top))
        return top + box.height

    def _wire(
        self, points: tuple[tuple[float, float], ...], *, has_arrow: bool, says: str = ""
    ) -> None:
        straight = [points[0]]
        straight += [point for point in points[1:] if point != straight[-1]]
        if len(straight) > 1:
            self._out.wires.append(Wire(tuple(straight), has_arrow, says))


def _reach_of(box: Box, beside: str = "") -> _Reach:
    half = box.width / 2
    return _Reach(half, max(half, width_of(beside, WIRE_SIZE) + WIRE_SIZE), box.height)


def _widest(parts: Sequence[_Reach]) -> _Reach:
    left = max(part.left for part in parts)
    return _Reach(left, max(part.right for part in parts), 0.0)
