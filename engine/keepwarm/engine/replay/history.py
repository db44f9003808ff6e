"""A history: what is recorded of one customer, point in time, for a replay to live through again.

It holds what came from outside. What Keepwarm itself decided, sent or changed is not in it: the
replay decides anew. Only what people answered to that is, tied to what they answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from keepwarm.engine.facts import Happening, Value
from keepwarm.schema.words import Channel


# None of these is frozen, though nothing changes them: they are made by the million, at half the
# cost.
@dataclass(slots=True)
class Occurred:
    """An event arrived."""

    #: When it arrived; when it happened is the happening's own.
    at: datetime
    name: str
    happening: Happening
    #: What tells it from the customer's other events.
    key: str = ""


@dataclass(slots=True)
class Learned:
    """Attributes became known, or were told again; None takes a value away."""

    at: datetime
    values: Mapping[str, Value | None]
    #: The playbook that changed them; empty for what came from outside.
    by: str = ""


@dataclass(slots=True)
class Scored:
    """Scores were computed anew: those of them that came out another way than before."""

    at: datetime
    values: Mapping[str, Value]


@dataclass(slots=True)
class Chose:
    """The customer switched a topic on or off."""

    at: datetime
    topic: str
    #: A channel, or `*` for all.
    channel: str
    allowed: bool


@dataclass(slots=True)
class Barred:
    """An address of the customer's may no longer be used."""

    at: datetime
    channel: Channel
    address: str
    reason: str


@dataclass(slots=True)
class TaskFinished:
    """A person finished a task."""

    at: datetime
    #: The title of the task, or the name of its step.
    task: str
    outcome: str
    #: Which task: that of this playbook, opened at this moment. None is any.
    playbook: str | None = None
    opened_at: datetime | None = None


class Reaction(StrEnum):
    """What came of a message after it was sent."""

    DELIVERED = "delivered"
    FAILED = "failed"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(slots=True)
class Reacted:
    """Something came of a message."""

    at: datetime
    #: The template of the message, or the name of its step.
    message: str
    reaction: Reaction
    #: Which message: that of this playbook, queued at this moment. None is any.
    playbook: str | None = None
    queued_at: datetime | None = None


Arrival: TypeAlias = Occurred | Learned | Scored | Chose | Barred | TaskFinished | Reacted


@dataclass(slots=True)
class History:
    """All that is recorded of one customer."""

    #: The customer's own identifier.
    customer: str
    #: What was known before the first arrival.
    attributes: Mapping[str, Value] = field(default_factory=dict)
    #: In the order in which it became known.
    arrivals: Sequence[Arrival] = ()
    #: When the customer became known; None for all along.
    known_since: datetime | None = None
    #: The key under which the store keeps the customer; 0 in a story.
    key: int = 0
