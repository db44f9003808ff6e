"""Conditions: what `name: phrase` means, as typed values that SQL and memory both evaluate.

A condition is two-valued: a test on a missing value is false, whatever it asks, except `unknown`.
`All`, `AnyOf` and `NoneOf` combine such truths, so that three-valued logic appears nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from keepwarm.schema.nodes import Span
from keepwarm.schema.phrases import Length


class FactKind(StrEnum):
    """What sort of thing a name stands for; it decides which phrases are legal."""

    NUMBER = "number"
    TEXT = "text"
    #: A text out of a list that the catalog declares.
    CHOICE = "choice"
    TRUTH = "yes or no"
    DATE = "date"
    MOMENT = "moment"
    EVENT = "event"
    METRIC = "metric"
    TAGS = "tags"
    SEGMENT = "segment"
    #: A named step of the same playbook: a wait, a task, a message, a survey.
    STEP = "step"


class Comparison(StrEnum):
    """How a number is compared; the value is the canonical word before the number."""

    IS = "is"
    IS_NOT = "not"
    AT_LEAST = "at least"
    MORE_THAN = "more than"
    AT_MOST = "at most"
    BELOW = "below"


class End(StrEnum):
    """Which end of the population a share is counted from."""

    TOP = "top"
    BOTTOM = "bottom"


class Direction(StrEnum):
    """On which side of the given moment a date lies."""

    PAST = "past"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Compare:
    """`3`, `not 3`, `at least 3`, `more than 3`, `at most 3`, `below 50`."""

    comparison: Comparison
    value: Decimal


@dataclass(frozen=True, slots=True)
class Between:
    """`between 1 and 5`, both ends included."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class InShare:
    """`in the top 10%`: at or beyond the value at that rank among all customers with a value.

    Equal values match together, so a little more than the share may match.
    """

    end: End
    #: 0 < share < 1.
    share: Decimal


@dataclass(frozen=True, slots=True)
class OneOf:
    """`pro`, `one of pro, team`; or, negated, `not pro`, `none of free, pro`. Case counts."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """`contains gmail`; case does not count."""

    text: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    """`starts with +44`; case does not count."""

    text: str


@dataclass(frozen=True, slots=True)
class IsTrue:
    """`yes` or `no`."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class Near:
    """`in the next 90 days` (future) or `in the last 30 days` (past), both ends included.

    A date is compared by days in the project's zone, a moment by instants.
    """

    direction: Direction
    length: Length


@dataclass(frozen=True, slots=True)
class Far:
    """`more than 60 days ago` (past) or `more than 10 days away` (future)."""

    direction: Direction
    length: Length


@dataclass(frozen=True, slots=True)
class Today:
    """`today`: the same day, the year included, in the project's zone."""


@dataclass(frozen=True, slots=True)
class BeforeDate:
    """`before 2026-01-01`, that day excluded."""

    day: date


@dataclass(frozen=True, slots=True)
class AfterDate:
    """`after 2026-01-01`, that day excluded."""

    day: date


@dataclass(frozen=True, slots=True)
class SinceStart:
    """`since start`: from the moment at which the customer entered the playbook."""


@dataclass(frozen=True, slots=True)
class InLast:
    """`in the last 30 days`, up to the given moment."""

    length: Length


EventWindow: TypeAlias = SinceStart | InLast | None


@dataclass(frozen=True, slots=True)
class Happened:
    """`never`, `at least once`, `at least 3 times`, `at most 2 times`, each with a window.

    `low` and `high` bound the count, both included; None is unbounded.
    `where` tests the event's own properties; its facts are property names.
    """

    low: int | None
    high: int | None
    window: EventWindow = None
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class MetricTotal:
    """`at least 40 over the last 7 days`: the sum over a window up to the given moment.

    The reader fills `event` and `property` from the catalog's metric, so that whoever evaluates
    it needs no catalog. `property` None counts the events.
    """

    comparison: Comparison
    value: Decimal
    length: Length
    event: str = ""
    property: str | None = None


class Trend(StrEnum):
    """Which way a metric moved."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class MetricChange:
    """`down at least 30% over the last 30 days`, against the same length just before.

    A change from zero is no change: the earlier sum must be above zero.
    The reader fills `event` and `property` from the catalog's metric, as in `MetricTotal`.
    """

    trend: Trend
    #: 0.3 is 30 %.
    share: Decimal
    length: Length
    event: str = ""
    property: str | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """`has vip`, or negated `has none of vip, staff`. Having any of the tags counts as having.

    A customer whom nobody ever tagged has no tags: that is a value, and `has none of` holds.
    """

    tags: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InSegment:
    """`yes` or `no` to a segment that the catalog defines; compiling puts its condition here."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class IsKnown:
    """`known` or `unknown`: whether there is a value at all."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class StepEnded:
    """`first-project: timed out`, `rescue-call: saved`: how a named step of this run ended.

    A wait ends as `happened` or `timed out`; a task as an outcome of the catalog, `done`, `late`
    or `open`; a message as `sent`, `delivered`, `skipped`, `failed`, `clicked`, `opened`.
    """

    results: tuple[str, ...]
    negated: bool = False


Phrase: TypeAlias = (
    Compare
    | Between
    | InShare
    | OneOf
    | Contains
    | StartsWith
    | IsTrue
    | Near
    | Far
    | Today
    | BeforeDate
    | AfterDate
    | Happened
    | MetricTotal
    | MetricChange
    | Has
    | InSegment
    | IsKnown
    | StepEnded
)


@dataclass(frozen=True, slots=True)
class Test:
    """One line of a condition: a name of the catalog and what is asked of it."""

    fact: str
    kind: FactKind
    phrase: Phrase
    #: The phrase in its one canonical spelling, as explanations quote it.
    wanted: str
    span: Span = field(compare=False)
    #: Whether `insight/` computes the fact, so that it is kept apart from attributes. Compiling
    #: says so; a reader need not.
    score: bool = False

    # Pytest would collect a class of this name.
    __test__ = False


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these holds; an empty list holds."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds; an empty list does not."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not one of these holds; an empty list holds."""

    of: tuple[Condition, ...]


Condition: TypeAlias = Test | All | AnyOf | NoneOf

#: The condition that everybody meets.
ALWAYS = All(())
