"""What a drawing of a plan says besides the plan: counts, and which steps differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias


class Tone(StrEnum):
    """How a step stands out."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


#: A way that leaves a fork: (the fork's step, number of its arm). The way on where no arm holds
#: is numbered after the last arm.
ArmKey: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Notes:
    """Words and tones to put into a drawing, by index of the step; START is the entry."""

    #: Lines under a step's own words.
    under: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    #: What stands on the way into a step.
    into: Mapping[int, str] = field(default_factory=dict)
    #: What stands on the way into an arm.
    arms: Mapping[ArmKey, str] = field(default_factory=dict)
    tones: Mapping[int, Tone] = field(default_factory=dict)
    #: What stands beside the goal, the reasons to stop and the end.
    goal: str = ""
    stopped: str = ""
    done: str = ""


NOTHING: Final = Notes()
