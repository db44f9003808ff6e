"""What a replay gives: everything that one customer's playbooks decided, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from keepwarm.engine.facts import Sent, TaskState
from keepwarm.engine.gates import Gate
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.run import Course, QueueMessage, Run, Seen


@dataclass(slots=True)
class LivedRun:
    """One run, as it stood in the end."""

    playbook: str
    run: Run
    #: When it was begun, which an event that arrived late does not move back.
    begun_at: datetime
    #: When it is looked at next; None once it has ended.
    due_at: datetime | None
    ended_at: datetime | None = None
    #: Step -> what became of its message, and where its task stands.
    sent: dict[int, Sent] = field(default_factory=dict)
    tasks: dict[int, TaskState] = field(default_factory=dict)
    #: Step -> when its message was queued or its task opened.
    begun: dict[int, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class LivedMessage:
    """One message that a run queued."""

    run: LivedRun
    message: QueueMessage
    queued_at: datetime


@dataclass(slots=True)
class Decided:
    """A run was advanced: the ledger's row."""

    at: datetime
    run: LivedRun
    course: Course
    #: The values that its checks saw.
    seen: tuple[Seen, ...]


@dataclass(slots=True)
class Noted:
    """Something came of a message: the row of an outcome."""

    at: datetime
    message: LivedMessage
    #: Sent, held, or an end without being sent.
    status: MessageStatus
    #: Which gate held or refused it, and in what words; None for what was sent.
    gate: Gate | None = None
    reason: str | None = None


Entry: TypeAlias = Decided | Noted


@dataclass(slots=True)
class Lived:
    """One customer's life with the playbooks, in the order it went."""

    customer: str
    entries: list[Entry] = field(default_factory=list)
    runs: list[LivedRun] = field(default_factory=list)
