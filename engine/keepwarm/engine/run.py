"""A run: one customer inside one version of a playbook; and what an advance decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from keepwarm.engine.facts import Value
from keepwarm.schema.words import Channel, Kind


class RunStatus(StrEnum):
    """Where a run stands."""

    #: Entered, but its conditions do not hold yet; tried again for the settle time (law 4).
    SETTLING = "settling"
    ACTIVE = "active"
    #: Its last step is behind it.
    COMPLETED = "completed"
    GOAL_REACHED = "goal reached"
    #: A `stop` step, a `stop_if_any`, a new version or an operator ended it.
    STOPPED = "stopped"
    #: Never got in: conditions, rollout.
    TURNED_AWAY = "turned away"


#: A run with one of these goes on; every other status is an end.
OPEN = frozenset({RunStatus.SETTLING, RunStatus.ACTIVE})


class Mode(StrEnum):
    """Whether what a run decides is carried out."""

    LIVE = "live"
    #: The playbook is in shadow: decided and recorded, nothing sent or changed.
    SHADOW = "shadow"
    #: The customer is in the holdout: the same (law 5).
    HOLDOUT = "holdout"


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run keeps between advances."""

    #: When the present wait began; for now, while `after_message` is set.
    waits_since: datetime | None = None
    #: The step whose message must come to an end before the present wait begins (law 12).
    after_message: int | None = None
    #: When the wait ends; None for a wait that nothing but an event can end yet.
    waits_until: datetime | None = None
    #: How named steps ended where no row tells: (name, `happened`, `timed out` or `skipped`).
    results: tuple[tuple[str, str], ...] = ()
    #: The offer made last: its name, and until when it stands.
    offer: str | None = None
    offer_until: datetime | None = None
    #: Open tasks whose lateness is still to be dealt with: (step, due).
    tasks_due: tuple[tuple[int, datetime], ...] = ()


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Run:
    """One customer inside one version of a playbook."""

    #: The customer's own identifier; draws are made from it.
    customer: str
    status: RunStatus
    mode: Mode
    #: Index of the step it stands at; START before the first.
    step: int
    started_at: datetime
    #: Properties of the event that started it; empty for a schedule.
    trigger: Mapping[str, Value] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    #: What tells this run from the customer's others in this playbook.
    entry_key: str = ""

    def after(self, course: Course) -> Run:
        """Give the run as it stands once it has taken a course."""
        # Not by `replace`, which takes three times as long; a replay does it by the million.
        return Run(
            self.customer,
            course.status,
            course.mode,
            course.step,
            self.started_at,
            self.trigger,
            course.memory,
            self.entry_key,
        )


# ── What an advance decides ──────────────────────────────────────────────────────────────────


class Deed(StrEnum):
    """What was decided at one step."""

    ENTERED = "entered"
    TURNED_AWAY = "turned away"
    HELD_OUT = "held out"
    #: A message went to the outbox; its own ledger tells what came of it.
    QUEUED = "queued"
    SKIPPED = "skipped"
    WAITS = "waits"
    WAITED = "waited"
    TOOK = "took"
    DREW = "drew"
    CHANGED = "changed"
    OFFERED = "offered"
    TASK_OPENED = "task opened"
    TASK_LATE = "task late"
    STARTED_OTHER = "started other"
    GOAL_REACHED = "goal reached"
    STOPPED = "stopped"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Check:
    """One test that a decision looked at.

    The value seen is not in it, so that customers who decide alike share their decisions; it is
    kept beside (`Advanced.seen`), at `seen_at`.
    """

    fact: str
    wanted: str
    held: bool
    #: Line of the playbook's file.
    line: int
    #: Which of the values seen is this test's own: its place in `Advanced.seen`.
    seen_at: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """One step taken, skipped or held, with its reasons."""

    #: Index of the step; START for what concerns the run as a whole.
    step: int
    deed: Deed
    #: What exactly: a template, an arm's label, how a wait ended, a reason.
    detail: str = ""
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """Hand a message to the outbox."""

    step: int
    #: Which of the step's ways, or which of its notices.
    part: int
    channel: Channel
    template: str | None
    kind: Kind
    topic: str | None
    expires_at: datetime | None
    #: For chat: the channel; for a webhook: the URL; None: the customer's own address.
    address: str | None = None
    #: What templates may say besides the customer's own facts, such as the offer.
    words: tuple[tuple[str, Value], ...] = ()
    at_least_once: bool = False


@dataclass(frozen=True, slots=True)
class TaskWanted:
    """Open a task."""

    step: int
    title: str
    assignee: str
    due_at: datetime | None
    details: str | None
    outcomes: tuple[str, ...]
    #: What its details may say besides the customer's own facts, such as the offer.
    words: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class TasksWithdrawn:
    """Close the run's open tasks: the goal was reached or the run was stopped."""

    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class TaskReassigned:
    """Give the open task of a step to somebody else."""

    step: int
    assignee: str


@dataclass(frozen=True, slots=True)
class FactsChanged:
    """Change attributes of the customer."""

    step: int
    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class TagChanged:
    """Put a tag on the customer, or take it off."""

    step: int
    attribute: str
    tag: str
    remove: bool


@dataclass(frozen=True, slots=True)
class OfferMade:
    """Record a promise."""

    step: int
    offer: str
    expires_at: datetime | None
    cost: Decimal
    cost_currency: str


@dataclass(frozen=True, slots=True)
class PointsAdded:
    """Change the customer's points."""

    step: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class OtherStarted:
    """Enter the customer into another playbook."""

    step: int
    playbook: str


Effect: TypeAlias = (
    QueueMessage
    | TaskWanted
    | TaskReassigned
    | TasksWithdrawn
    | FactsChanged
    | TagChanged
    | OfferMade
    | PointsAdded
    | OtherStarted
)


@dataclass(frozen=True, slots=True)
class Course:
    """What an advance decided: where the run now stands and what is to be done.

    It says nothing of which customer it was, so that all who decide alike share one course.
    """

    status: RunStatus
    mode: Mode
    step: int
    memory: Memory
    #: When to look again; None when the run has ended.
    due_at: datetime | None
    decisions: tuple[Decision, ...]
    effects: tuple[Effect, ...]


#: A value that a decision saw, as a person reads it; None when there was none.
Seen: TypeAlias = str | None


@dataclass(frozen=True, slots=True)
class Advanced:
    """A course, and the values that this run's own tests saw, in the order they were asked."""

    course: Course
    seen: tuple[Seen, ...]
