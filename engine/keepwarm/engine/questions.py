"""What a decision may ask about a customer.

Decisions learn about the customer only by asking. So two customers whose answers are equal are
decided equally, once for both, and the answers are what the ledger records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from keepwarm.engine.facts import Value
from keepwarm.engine.outcome import MessageStatus
from keepwarm.schema.conditions import Condition, Test


@dataclass(frozen=True, slots=True)
class Holds:
    """Does this test hold? Answer: bool."""

    test: Test
    #: Ask the properties of the event that started the run rather than the customer.
    of_trigger: bool = False
    #: How named steps ended that ended in this very advance, and facts that it changed.
    ended: tuple[tuple[str, str], ...] = ()
    changed: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class GoalReached:
    """Has the goal been reached since the run began? Answer: bool."""


@dataclass(frozen=True, slots=True)
class ZoneName:
    """In which zone does the customer live? Answer: an IANA name."""


@dataclass(frozen=True, slots=True)
class ArmDrawn:
    """Into which arm does the customer's draw fall? Answer: its index."""

    salt: str
    #: Upper ends of the arms' shares, ascending; beyond the last the answer is their number.
    upper_ends: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """What became of the message of this step? Answer: (status, when), or None if no end yet."""

    step: int


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """What became of the task of this step? Answer: (outcome, when), or None while it is open."""

    step: int


@dataclass(frozen=True, slots=True)
class HappenedBy:
    """Did the event come since the run began, dated before the deadline? Answer: bool."""

    event: str
    where: Condition
    deadline: datetime
    #: A property in which it must not differ from what began the run.
    same: str | None = None


@dataclass(frozen=True, slots=True)
class LastHappened:
    """When did the event come last, not before the run began? Answer: a moment or None."""

    event: str
    #: A property in which it must not differ from what began the run.
    same: str | None = None


@dataclass(frozen=True, slots=True)
class DateOf:
    """What is the customer's date? Answer: text as facts hold it, or None."""

    attribute: str


Question: TypeAlias = (
    Holds
    | GoalReached
    | ZoneName
    | ArmDrawn
    | MessageEnded
    | TaskEnded
    | HappenedBy
    | LastHappened
    | DateOf
)

Answer: TypeAlias = (
    bool | int | str | datetime | tuple[MessageStatus, datetime] | tuple[str, datetime] | None
)
