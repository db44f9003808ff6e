"""A crowd: many runs of one plan at one moment, and what is known of each, in columns.

Every column has the same order, and a run is known by its place in it. What only a few have,
such as events, is kept by place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar

from keepwarm.engine.facts import Facts, Happening, Sent, TaskState, Value
from keepwarm.engine.run import Memory, Mode, Run, RunStatus

#: Where a run is in the columns of its crowd.
Place: TypeAlias = int

Key = TypeVar("Key")
Fate = TypeVar("Fate", Sent, TaskState)

_NOTHING: Final[Mapping[Any, Any]] = {}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands before it is advanced."""

    status: RunStatus
    mode: Mode
    step: int
    started_at: datetime
    memory: Memory


@dataclass(slots=True)
class Crowd:
    """Many runs, with all that their plan must know of each."""

    #: Runs that stand alike share one object, as far as whoever made the crowd can tell.
    positions: Sequence[Position]
    #: The customers' own identifiers.
    customers: Sequence[str]
    #: Properties of the events that started the runs; equal ones may share an object.
    triggers: Sequence[Mapping[str, Value]]
    #: Attribute -> the value of each run's customer; None where there is none.
    attributes: Mapping[str, Sequence[Value | None]] = field(default_factory=dict)
    events: Mapping[Place, Mapping[str, Sequence[Happening]]] = field(default_factory=dict)
    thresholds: Mapping[tuple[str, str, Decimal], float] = field(default_factory=dict)
    #: Step -> what became of the message of each who came there; equal fates may share an object.
    sent: Mapping[int, Mapping[Place, Sent]] = field(default_factory=dict)
    #: Step -> where the task of each who came there stands.
    tasks: Mapping[int, Mapping[Place, TaskState]] = field(default_factory=dict)

    def standing_alike(self) -> Iterable[tuple[Position, list[Place]]]:
        """Give each position with those who stand there."""
        everybody = [*range(len(self.positions))]
        ids = [*map(id, self.positions)]
        if len(set(ids)) == 1:  # as nearly always
            return [(self.positions[0], everybody)]
        alike = grouped(ids, everybody)
        return [(self.positions[who[0]], who) for who in alike.values()]

    def run(self, place: Place) -> Run:
        """Give one run by itself."""
        at = self.positions[place]
        return Run(
            self.customers[place],
            at.status,
            at.mode,
            at.step,
            at.started_at,
            self.triggers[place],
            at.memory,
        )

    def facts(self, place: Place) -> Facts:
        """Give what is known of one run's customer."""
        attributes = {
            name: value
            for name, column in self.attributes.items()
            if (value := column[place]) is not None
        }
        return Facts(
            attributes,
            self.events.get(place, _NOTHING),
            self.thresholds,
            _at_each_step(self.sent, place),
            _at_each_step(self.tasks, place),
        )


def _at_each_step(fates: Mapping[int, Mapping[Place, Fate]], place: Place) -> Mapping[int, Fate]:
    if not fates:
        return _NOTHING
    return {step: of_step[place] for step, of_step in fates.items() if place in of_step}


def grouped(keys: Iterable[Key], who: Iterable[Place]) -> Mapping[Key, list[Place]]:
    """Give the places of each key, in their order."""
    found: dict[Key, list[Place]] = defaultdict(list)
    for key, place in zip(keys, who, strict=True):
        found[key].append(place)
    return found
