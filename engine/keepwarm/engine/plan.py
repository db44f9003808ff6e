"""A plan: what compiling makes of a playbook. The same object is run, tested and explained.

Steps lie in one tuple and name their successors by index, so that a run's position is a number.
Segments are expanded into the conditions that use them; nothing here needs the catalog again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from keepwarm.engine.facts import Value
from keepwarm.schema.catalog import Attribute, Offer, Place, Team
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.phrases import Budget, Expects, Length, Stage, Wait
from keepwarm.schema.playbook import Goal, Guardrail, Late, Respect, Start
from keepwarm.schema.words import (
    CatchUp,
    Channel,
    Delivery,
    InFlight,
    Kind,
    PlaybookStatus,
    WhenUnknown,
)

#: The position before the first step, and the one after the last.
START = -1
END = -2

#: How long an event whose conditions do not hold yet is tried again (law 4).
SETTLE_TIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class At:
    """Where a step stands: in the plan, in the file, and in words."""

    #: `steps/3/then/0`: stable while the file is unchanged.
    path: str
    place: Place
    name: str | None = None
    only_if: Condition = ALWAYS
    #: The step that comes next; END after the last.
    then: int = END


@dataclass(frozen=True, slots=True)
class Way:
    """One channel by which a send step may reach the customer."""

    channel: Channel
    template: str
    kind: Kind
    topic: str | None
    expires: Length | None
    delivery: Delivery
    #: For a survey: which one.
    survey: str | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Queue a message to the customer; the ways are tried in order."""

    at: At
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Notify:
    """Queue a line to a team's chat."""

    at: At
    channel: str
    template: str | None


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Queue a call to an endpoint."""

    at: At
    endpoint: str
    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Give a team or a person work to do."""

    at: At
    title: str
    assignee: str
    due: Length | None
    late: Late
    details: str | None
    #: What a person may answer; empty allows plain `done`.
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    at: At
    wait: Wait
    where: Condition = ALWAYS
    #: For a wait until a task is done: the index of that task's step.
    task: int | None = None
    #: For a wait until an event: a property in which it must not differ from what began the run.
    same: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Take the first arm whose condition holds; None always holds. No arm: go on."""

    at: At
    #: (condition, label, first step of the arm)
    arms: tuple[tuple[Condition | None, str, int], ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Take the arm that the customer's draw falls into."""

    at: At
    experiment: str
    #: (upper end of the arm's share of 0..1, label, first step of the arm), ascending.
    arms: tuple[tuple[Decimal, str, int], ...]


@dataclass(frozen=True, slots=True)
class SetFacts:
    """Change attributes of the customer; values are JSON values of the attributes' kinds."""

    at: At
    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Put a tag on the customer, or take it off."""

    at: At
    attribute: str
    tag: str
    remove: bool


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Promise the customer something."""

    at: At
    offer: Offer
    expires: Length | None


@dataclass(frozen=True, slots=True)
class AddPoints:
    """Add loyalty points, or take them when below zero."""

    at: At
    points: Decimal


@dataclass(frozen=True, slots=True)
class StartOther:
    """Enter the customer into another playbook."""

    at: At
    playbook: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run here."""

    at: At
    reason: str


PlanStep: TypeAlias = (
    Send
    | Notify
    | CallWebhook
    | OpenTask
    | Pause
    | Branch
    | Split
    | SetFacts
    | Label
    | MakeOffer
    | AddPoints
    | StartOther
    | Stop
)


@dataclass(frozen=True, slots=True)
class Needs:
    """What of a customer must be read before a plan can decide."""

    attributes: frozenset[str] = frozenset()
    #: Event name -> how far back the plan may look before the given moment; None is for ever.
    events: Mapping[str, timedelta | None] = field(default_factory=dict)
    #: Events that are asked about since the run began: goals, waits, `since start`.
    since_start: frozenset[str] = frozenset()
    #: (fact, `top` or `bottom`, share) of every `in the top 10%`.
    thresholds: frozenset[tuple[str, str, Decimal]] = frozenset()
    #: Whether its conditions ask what became of messages or tasks of its own.
    results: bool = False
    #: Whether it waits until tasks are done.
    tasks: bool = False
    #: Those of `attributes` that `insight/` computes, which are kept apart.
    scores: frozenset[str] = frozenset()
    #: Event name -> its properties that are asked about; events not in it are read without any.
    properties: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A playbook ready to run."""

    playbook: str
    title: str
    owner: str
    status: PlaybookStatus
    kind: Kind
    topic: str | None
    start: Start
    #: Who may enter, on top of the start's own conditions.
    only_if: Condition
    goal: Goal | None
    stop_if_any: Condition | None
    holdout: Decimal
    rollout: tuple[Stage, ...]
    respect: Respect
    guardrails: tuple[Guardrail, ...]
    budget: Budget | None
    expects: Expects | None
    in_flight: InFlight
    catch_up: CatchUp
    when_unknown: WhenUnknown
    priority: int
    steps: tuple[PlanStep, ...]
    place: Place
    needs: Needs
    #: Events that may start a run, end one, or end a wait in one.
    listens: frozenset[str]
    #: Attributes and scores whose change may stop a run or move the end of a wait.
    watches: frozenset[str]
    channels: frozenset[Channel]
    teams: Mapping[str, Team]
    #: The types of attributes and event properties that templates and conditions may name.
    attributes: Mapping[str, Attribute]
    #: IANA name of the project's zone.
    timezone: str

    @property
    def first(self) -> int:
        """The first step; END when there is none."""
        return 0 if self.steps else END
