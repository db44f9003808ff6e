"""A plan as nested sequences again: what comes after what, and what lies side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from keepwarm.engine.drawing import always_stops, ways_of
from keepwarm.engine.plan import END, Branch, Plan, Split


@dataclass(frozen=True, slots=True)
class Leaf:
    """One step."""

    step: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way that leaves a fork: what leads into it, and what lies on it."""

    says: str
    items: tuple[Item, ...]
    #: Whether it comes back to where the others do; a way that stops does not.
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Fork:
    """A step that leads several ways, which come together again behind it."""

    step: int
    ways: tuple[Way, ...]

    @property
    def goes_on(self) -> bool:
        """Whether any of its ways comes back."""
        return any(way.goes_on for way in self.ways)


Item: TypeAlias = Leaf | Fork


def outline(plan: Plan) -> tuple[tuple[Item, ...], bool]:
    """Give the plan's steps, and whether anybody comes to their end."""
    return _sequence(plan, plan.first, END)


def _sequence(plan: Plan, first: int, until: int) -> tuple[tuple[Item, ...], bool]:
    items: list[Item] = []
    at = first
    while at not in (until, END):
        step = plan.steps[at]
        if isinstance(step, Branch | Split):
            fork = Fork(at, tuple(_ways(plan, step)))
            items.append(fork)
            if not fork.goes_on:
                return tuple(items), False
        else:
            items.append(Leaf(at))
            if always_stops(step):
                return tuple(items), False
        at = step.at.then
    return tuple(items), True


def _ways(plan: Plan, step: Branch | Split) -> Iterator[Way]:
    join = step.at.then
    for says, first in ways_of(step):
        items, goes_on = _sequence(plan, first, join)
        yield Way(says, items, goes_on)
