"""A walk: what one advance has decided so far, and how it asks."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar, assert_never
from zoneinfo import ZoneInfo

from keepwarm.engine.facts import Value
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.questions import Answer, Holds, Question, ZoneName
from keepwarm.engine.run import (
    OPEN,
    Check,
    Course,
    Decision,
    Deed,
    Effect,
    Memory,
    Mode,
    RunStatus,
    TasksWithdrawn,
)
from keepwarm.engine.timing import zone_named
from keepwarm.schema.conditions import All, AnyOf, Condition, FactKind, NoneOf, Test

Result = TypeVar("Result")
#: A part of a decision: yields questions, is sent answers, returns its result.
Asking: TypeAlias = Generator[Question, Any, Result]


@dataclass(slots=True)
class Walk:
    """One advance under way. It starts as the run stands and is turned into a course at the end."""

    plan: Plan
    now: datetime
    status: RunStatus
    mode: Mode
    step: int
    started_at: datetime
    memory: Memory
    due_at: datetime | None = None
    #: When what fell due now should have happened; `now` when nothing is late.
    fell_due: datetime | None = None
    decisions: list[Decision] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    #: Facts that this advance changed: what comes after sees them so.
    changed: dict[str, Value] = field(default_factory=dict)
    #: Where the customer lives, once it was asked.
    zone: ZoneInfo | None = None
    #: How many tests were asked so far.
    asked: int = 0
    #: What let the present step be taken; its first decision says so.
    let_by: list[Check] = field(default_factory=list)

    def question(self, test: Test, *, of_trigger: bool) -> Holds:
        """Give the question whether a test holds, with what this advance itself has decided."""
        ended = self.memory.results if test.kind is FactKind.STEP else ()
        changed: tuple[tuple[str, Value], ...] = ()
        if test.fact in self.changed:
            changed = ((test.fact, self.changed[test.fact]),)
        return Holds(test, of_trigger, ended, changed)

    def note(self, deed: Deed, detail: str = "", checks: Sequence[Check] = ()) -> None:
        """Record a decision at the present step."""
        self.decisions.append(Decision(self.step, deed, detail, (*self.let_by, *checks)))
        self.let_by = []

    def note_run(self, deed: Deed, detail: str = "", checks: Sequence[Check] = ()) -> None:
        """Record a decision about the run as a whole."""
        self.decisions.append(Decision(START, deed, detail, tuple(checks)))

    def carry_out(self, *effects: Effect) -> None:
        """Ask for effects, unless the run only shows what it would do."""
        if self.mode is Mode.LIVE:
            self.effects.extend(effects)

    def remember(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Memory
        """Change what the run keeps."""
        self.memory = replace(self.memory, **changes)

    def park(self, until: datetime) -> None:
        """Stay at this step until the moment, or earlier if a task falls due before."""
        self.due_at = min([until, *(due for _, due in self.memory.tasks_due)])

    def end(self, status: RunStatus, deed: Deed, detail: str, checks: Sequence[Check] = ()) -> None:
        """End the run here."""
        self.status = status
        self.due_at = None
        self.note_run(deed, detail, checks)
        if status is not RunStatus.COMPLETED:
            self.carry_out(TasksWithdrawn(self.step, detail))

    @property
    def goes_on(self) -> bool:
        """Whether there is more to decide now: the run is open and not parked."""
        return self.status in OPEN and self.due_at is None

    def course(self) -> Course:
        """Give what was decided."""
        return Course(
            self.status,
            self.mode,
            self.step,
            self.memory,
            self.due_at,
            tuple(self.decisions),
            tuple(self.effects),
        )


def zone_of(walk: Walk) -> Asking[ZoneInfo]:
    """Give the zone in which the customer lives; it is asked once an advance."""
    if walk.zone is None:
        walk.zone = zone_named((yield ZoneName()))
    return walk.zone


def holds(
    walk: Walk, condition: Condition, *, of_trigger: bool = False
) -> Asking[tuple[bool, list[Check]]]:
    """Ask whether a condition holds, as far as needed, and what was looked at.

    A list of all stops at the first test that fails, a list of any at the first that holds, so
    that the last check is the one that decided.
    """
    match condition:
        case Test():
            held = yield walk.question(condition, of_trigger=of_trigger)
            line, seen_at = condition.span.line, walk.asked
            walk.asked += 1
            return held, [Check(condition.fact, condition.wanted, held, line, seen_at)]
        case All(of):
            return (yield from _until(walk, of, stop_at=False, of_trigger=of_trigger))
        case AnyOf(of):
            return (yield from _until(walk, of, stop_at=True, of_trigger=of_trigger))
        case NoneOf(of):
            held, checks = yield from _until(walk, of, stop_at=True, of_trigger=of_trigger)
            return not held, checks
        case _:
            assert_never(condition)


def _until(
    walk: Walk, conditions: tuple[Condition, ...], *, stop_at: bool, of_trigger: bool
) -> Asking[tuple[bool, list[Check]]]:
    looked_at: list[Check] = []
    for condition in conditions:
        held, checks = yield from holds(walk, condition, of_trigger=of_trigger)
        looked_at += checks
        if held is stop_at:
            return stop_at, looked_at
    return not stop_at, looked_at


__all__ = ["Answer", "Asking", "Walk", "holds", "zone_of"]
