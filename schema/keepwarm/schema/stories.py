"""Stories: the tests of a playbook, as `<playbook>.test.yaml` tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import TypeAlias

from keepwarm.schema.catalog import Place
from keepwarm.schema.hours import Weekday, clock_text


@dataclass(frozen=True, slots=True, order=True)
class StoryTime:
    """`day 0 10:00`, on the customer's own clock; days before 0 are the time before the story."""

    day: int
    at: time

    def __str__(self) -> str:
        return f"day {self.day} {clock_text(self.at)}"

    @classmethod
    def start(cls) -> StoryTime:
        """Give the moment at which day 0 begins."""
        return cls(0, time(0))


# ── What happens ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class EventHappens:
    """`event: payment_failed, invoice: INV-1`."""

    at: StoryTime
    event: str
    place: Place
    #: Property -> value as text; the catalog types it.
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerChanges:
    """`update: {plan: pro}`: what is known about the customer changes from outside."""

    at: StoryTime
    values: Mapping[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class TaskEnds:
    """`task: rescue-call, outcome: saved`."""

    at: StoryTime
    #: The name of the task's step, or its title.
    task: str
    #: An outcome of the catalog, or `done`.
    outcome: str
    place: Place


class Answer(StrEnum):
    """What comes of a message that was sent."""

    DELIVERED = "delivered"
    FAILED = "failed"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class MessageAnswered:
    """`clicked: winback/we-miss-you`."""

    at: StoryTime
    answer: Answer
    #: The name of the message's step, or its template.
    message: str
    place: Place


StoryLine: TypeAlias = EventHappens | CustomerChanges | TaskEnds | MessageAnswered


# ── What should come of it ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Expectation:
    """`{at: day 0 10:00, email: billing/card-declined}`.

    `what` is the key that leads it: a verb of a step, `goal` or `run`. `thing` is what stands
    behind it: a template, a task's name or title, a channel, `reached`, `entered`; for `update` it
    is empty and `values` has the attributes.
    """

    what: str
    thing: str
    place: Place
    #: None accepts any time.
    at: StoryTime | None = None
    #: For a task: who gets it.
    assignee: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    #: The reason that the ledger should give; None accepts any.
    because: str | None = None
    #: Whether it must not happen at all.
    never: bool = False


@dataclass(frozen=True, slots=True)
class StoryCustomer:
    """Somebody to whom stories happen.

    A value is text, as the catalog types it; tags are separated by commas. A number may also be
    told by its rank among all customers: `in the top 10%`; a date by the day of the story, a moment
    also with a time on the customer's own clock: `day 10 09:00`. An empty text is a value that is
    not known: `phone: unknown`.
    """

    name: str
    values: Mapping[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class Story:
    """One test: somebody, what happens, what should come of it."""

    name: str
    place: Place
    story: tuple[StoryLine, ...]
    expect: tuple[Expectation, ...]
    #: Whether `nothing else` may come of it.
    nothing_else: bool = False
    #: The customer's values with those of `with` over them.
    values: Mapping[str, str] = field(default_factory=dict)
    #: None where the story is about nobody in particular.
    customer: str | None = None
    #: The day that is day 0; None leaves it to the teller, who takes always the same.
    starts_on: Weekday | date | None = None
    #: Experiment -> the arm that the customer is drawn into; of others chance decides.
    drawn: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stories:
    """One file of tests."""

    tests_for: str
    file: str
    tests: tuple[Story, ...]
    customers: Mapping[str, StoryCustomer] = field(default_factory=dict)
