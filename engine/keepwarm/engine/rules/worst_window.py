"""How many messages one run of a playbook may bring within a number of days, at the very most.

Every way through the playbook is followed, each wait at its shortest, with the days that have gone
by since the first message that is counted. Ways that agree on what matters go on as one, the one
with more messages, so the answer is exact and the work is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from keepwarm.engine.gates import quiet_hours_for
from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.lengths import Length, Unit
from keepwarm.schema.phrases import (
    Wait,
    WaitFor,
    WaitUntilDate,
    WaitUntilDay,
    WaitUntilDone,
    WaitUntilEvent,
    WaitUntilTime,
    WaitUntilWeekday,
)
from keepwarm.schema.playbook import (
    ChooseStep,
    Playbook,
    PointsStep,
    Policies,
    SendStep,
    SplitStep,
    Step,
    StopStep,
    SurveyStep,
    TagStep,
    UpdateStep,
    WaitStep,
)
from keepwarm.schema.rules.held import Held, facts_written
from keepwarm.schema.walking import every_step
from keepwarm.schema.words import Kind, WhenCapped
from keepwarm.schema.workspace import Workspace

#: Later than this is never: a wait may take ten years.
FOR_EVER: Final = 100_000
#: The fewest and the most days of a unit that is longer than a day.
_DAYS = {Unit.DAY: (1, 1), Unit.WEEK: (7, 7), Unit.MONTH: (28, 31), Unit.YEAR: (365, 366)}
#: Past so many different ways, what customers are like is no longer told apart. That can only make
#: the answer higher.
_MOST_WAYS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Touch:
    """A message on the worst way."""

    place: Place
    what: str
    #: Days since the first that is counted.
    day: int


#: What is counted: a message in one of the ways in which it may go out.
Counts = Callable[[SendStep | SurveyStep, Playbook], bool]


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that one run brings, and how."""

    touches: tuple[Touch, ...]
    #: How many days a run may last.
    days: int


@dataclass(frozen=True, slots=True)
class _Way:
    """How far a customer has come; ways that are equal but for `touches` go on alike."""

    #: Days since the first message counted; None before it.
    since: int | None
    #: The fewest and the most days since the start.
    earliest: int
    latest: int
    held: Held
    touches: tuple[Touch, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        held = (self.held.true, self.held.false)
        return self.since, self.earliest, self.latest, held


def worst_window(playbook: Playbook, workspace: Workspace, days: int, counts: Counts) -> Worst:
    """Give the most messages of a run that are counted within so many days."""
    walk = _Walk(playbook, workspace.policies, days, counts)
    walk.steps(playbook.steps, [_Way(None, 0, 0, Held(workspace.catalog))])
    return Worst(walk.best, walk.last_day)


class _Walk:
    def __init__(self, playbook: Playbook, policies: Policies, days: int, counts: Counts) -> None:
        self._playbook = playbook
        self._quiet = playbook.respect.quiet_hours or policies.quiet_hours
        self._days = days
        self._counts = counts
        self._asks_for_days = any(
            isinstance(step, WaitStep) and isinstance(step.wait, WaitUntilDay)
            for step in every_step(playbook.steps)
        )
        self.best: tuple[Touch, ...] = ()
        self.last_day = 0

    def steps(self, steps: Sequence[Step], ways: list[_Way]) -> list[_Way]:
        for step in steps:
            ways = self.merged(self.step(step, ways))
        return ways

    def step(self, step: Step, ways: list[_Way]) -> list[_Way]:
        only_if = step.common.only_if
        if only_if == ALWAYS:
            return self.taken(step, ways)
        taken = self.taken(step, _where(only_if, ways))
        return [*taken, *_unless(only_if, ways)]

    def taken(self, step: Step, ways: list[_Way]) -> list[_Way]:
        match step:
            case StopStep():
                return []
            case SendStep() | SurveyStep():
                return [each for way in ways for each in self.sent(step, way)]
            case WaitStep(wait=wait):
                waited = (self.waited(wait, way) for way in ways)
                return [way for way in waited if way is not None]
            case ChooseStep():
                return self.chosen(step, ways)
            case SplitStep(portions=portions):
                return [way for each in portions for way in self.steps(each.steps, ways)]
            case UpdateStep() | TagStep() | PointsStep():
                facts = facts_written(step)
                return [replace(way, held=way.held.without(facts)) for way in ways]
            case _:
                return ways

    def chosen(self, step: ChooseStep, ways: list[_Way]) -> list[_Way]:
        behind: list[_Way] = []
        for arm in step.arms:
            if arm.when is None:
                return [*behind, *self.steps(arm.steps, ways)]
            behind += self.steps(arm.steps, _where(arm.when, ways))
            ways = _unless(arm.when, ways)
        return [*behind, *ways]

    def sent(self, step: SendStep | SurveyStep, way: _Way) -> list[_Way]:
        """Give the ways behind a message: counted, or where none is yet, perhaps left out."""
        latest = min(FOR_EVER, way.latest + self.held_for(step))
        self.last_day = max(self.last_day, latest)
        later = replace(way, latest=latest if self._asks_for_days else 0)
        if not self._counts(step, self._playbook):
            return [later]
        day = way.since or 0
        touch = Touch(step.common.place, _called(step), day)
        counted = replace(later, since=day, touches=(*way.touches, touch))
        if len(counted.touches) > len(self.best):
            self.best = counted.touches
        return [counted] if way.since is not None else [counted, later]

    def held_for(self, step: SendStep | SurveyStep) -> int:
        """Give the most days that a message is held: overnight, or for as long as a cap wants."""
        own = step.kind if isinstance(step, SendStep) else None
        kind = own or self._playbook.kind
        is_capped = kind is Kind.MARKETING
        if is_capped and self._playbook.respect.when_capped is WhenCapped.WAIT:
            return FOR_EVER
        ways = (step, *step.or_else) if isinstance(step, SendStep) else (step,)
        return int(any(quiet_hours_for(way.channel, kind, self._quiet) for way in ways))

    def waited(self, wait: Wait, way: _Way) -> _Way | None:
        """Give the way behind a wait; None where the days that are counted are over."""
        fewest, most = _days_of(wait, way)
        since = None if way.since is None else way.since + fewest
        self.last_day = min(FOR_EVER, max(self.last_day, way.latest + most))
        if since is not None and since >= self._days:
            return None
        earliest, latest = way.earliest + fewest, min(FOR_EVER, way.latest + most)
        if not self._asks_for_days:
            earliest = latest = 0
        return replace(way, since=since, earliest=earliest, latest=latest, held=way.held.later())

    def merged(self, ways: list[_Way]) -> list[_Way]:
        if len(ways) > _MOST_WAYS:
            ways = [replace(way, held=way.held.later()) for way in ways]
        best: dict[tuple[object, ...], _Way] = {}
        for way in ways:
            other = best.get(way.key)
            if other is None or len(way.touches) > len(other.touches):
                best[way.key] = way
        return list(best.values())


def _where(condition: Condition, ways: list[_Way]) -> list[_Way]:
    """Give the ways of those of whom a condition may hold."""
    return [
        replace(way, held=way.held.where(condition))
        for way in ways
        if way.held.excludes(condition) is None
    ]


def _unless(condition: Condition, ways: list[_Way]) -> list[_Way]:
    return [
        replace(way, held=way.held.unless(condition))
        for way in ways
        if way.held.implies(condition) is None
    ]


def _called(step: SendStep | SurveyStep) -> str:
    return (
        f"{step.channel} {step.template}" if isinstance(step, SendStep) else f"survey {step.survey}"
    )


# ── Days ─────────────────────────────────────────────────────────────────────────────────────


def _days_of(wait: Wait, way: _Way) -> tuple[int, int]:
    """Give the fewest and the most days that a wait takes, in days of the customer's calendar."""
    match wait:
        case WaitFor(length):
            return days_of(length)
        case WaitUntilDay(day):
            return max(0, day - way.latest), max(0, day - way.earliest)
        case WaitUntilTime():
            return 0, 1
        case WaitUntilWeekday():
            return 0, 7
        case WaitUntilEvent(at_most=length) | WaitUntilDone(at_most=length):
            return 0, days_of(length)[1] + 1
        case WaitUntilDate():
            return 0, FOR_EVER
        case _:
            assert_never(wait)


def days_of(length: Length) -> tuple[int, int]:
    """Give the fewest and the most days of the calendar that a length of time moves somebody on.

    24 hours may end on the same day: one day a year has 25.
    """
    if length.unit in _DAYS:
        fewest, most = _DAYS[length.unit]
        return length.amount * fewest, length.amount * most
    if length.unit is Unit.HOUR:
        return max(0, (length.amount - 1) // 24), length.amount // 24 + 1
    if length.unit is Unit.MINUTE:
        return max(0, (length.amount // 60 - 1) // 24), length.amount // 1440 + 1
    return 0, length.amount + 7  # working time: a team may work at any hour
