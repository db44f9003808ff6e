"""What becomes of one playbook, and of those who are inside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keepwarm.engine.canonical import Aspect
from keepwarm.engine.plan import Plan
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.schema.catalog import Place
from keepwarm.schema.words import Channel, InFlight, PlaybookStatus


class Fate(StrEnum):
    """What becomes of a playbook."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Standing:
    """Customers who stand at one step of one version, and where they would go on."""

    #: Of the version that they are in.
    number: int
    count: int
    #: What they stand at, in words; and where that is written.
    step: str
    place: Place | None
    #: Where they go on when they are moved; None for the end, or when they are not moved.
    goes_on: str | None = None
    #: Whether they end, because no step that lies behind theirs is left.
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Stopped:
    """Those inside whose runs a new `stop_if_any` would end: how many, and some by identifier."""

    count: int
    customers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaybookChange:
    """One playbook that would be added, changed or removed."""

    playbook: str
    title: str
    fate: Fate
    #: The version that is live; None for one that is added.
    number: int | None
    lines: tuple[LineChange, ...]
    #: None where the playbook is not, before or after.
    status_before: PlaybookStatus | None
    status: PlaybookStatus | None
    channels_before: frozenset[Channel]
    channels: frozenset[Channel]
    in_flight: InFlight
    #: When customers enter, in a few words.
    entry: str
    #: Every line of the new version that is about money or permission, changed or not.
    weighty: tuple[tuple[Aspect, str], ...] = ()
    inside: tuple[Standing, ...] = ()
    #: Of one that is added: the playbook with the same steps that goes.
    steps_of: str | None = None
    #: The most messages that one run may bring within seven days, on the worst way through it.
    worst_before: int = 0
    worst: int = 0
    #: Compiled, for drawing; None where the playbook is not, before or after.
    plan_before: Plan | None = None
    plan: Plan | None = None
    #: None where none of those inside can be stopped, or nobody can tell who.
    stopped: Stopped | None = None

    @property
    def stops_some_inside(self) -> bool:
        """Whether those inside move to a version that stops others than before."""
        before, after = self.plan_before, self.plan
        if before is None or after is None or self.in_flight is not InFlight.MOVE:
            return False
        return after.stop_if_any not in (None, before.stop_if_any) and self.how_many_inside > 0

    @property
    def how_many_inside(self) -> int:
        """Count the customers inside, over all versions."""
        return sum(each.count for each in self.inside)

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """Give the classes of its changes, each once, in their order."""
        found = {each.aspect for each in self.lines}
        return tuple(aspect for aspect in Aspect if aspect in found)

    @property
    def touches_customers(self) -> bool:
        """Whether any customer could tell; a new title alone touches nobody."""
        return self.fate is not Fate.CHANGED or set(self.aspects) != {Aspect.DESCRIPTION}
