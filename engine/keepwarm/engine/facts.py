"""What is known about one customer at one moment, as the store reads it and decisions see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

from keepwarm.engine.outcome import MessageStatus

#: An attribute's or property's value as JSON holds it. A date is `2026-01-31`; a moment is
#: `2026-01-31T08:00:00.000000Z` (always UTC, always six decimals), so that text order is time
#: order in memory and in SQL alike. Tags are a list of texts.
Value: TypeAlias = bool | int | float | str | list[str]


def moment_text(moment: datetime) -> str:
    """Give a moment as attributes hold it; the moment must be aware."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Happening:
    """One event of a customer."""

    at: datetime
    properties: Mapping[str, Value] = field(default_factory=dict)


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Sent:
    """What became of the message of a step, as far as is known."""

    status: MessageStatus
    #: When it came to this status.
    at: datetime
    clicked: bool = False
    #: By a person: opens made by machines do not count (law 28).
    opened: bool = False


@dataclass(frozen=True, slots=True)
class TaskState:
    """Where a task of this run stands."""

    #: None while it is open; else an outcome of the catalog, or `done`.
    outcome: str | None
    done_at: datetime | None
    due_at: datetime | None


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Facts:
    """All that a plan's `needs` named, for one customer and one run, at one moment."""

    attributes: Mapping[str, Value] = field(default_factory=dict)
    #: Event name -> happenings, oldest first, none after the moment.
    events: Mapping[str, Sequence[Happening]] = field(default_factory=dict)
    #: (fact, `top` or `bottom`, share) -> the value at that rank; absent when nobody has a value.
    thresholds: Mapping[tuple[str, str, Decimal], float] = field(default_factory=dict)
    #: Step index -> what became of its message. Steps never reached are absent.
    sent: Mapping[int, Sent] = field(default_factory=dict)
    #: Step index -> where its task stands.
    tasks: Mapping[int, TaskState] = field(default_factory=dict)
