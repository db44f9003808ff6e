"""Coverage: which ways through a playbook there are, and which of them a life took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, assert_never

from keepwarm.engine.plan import Branch, OpenTask, Pause, Plan, PlanStep, Send, Split
from keepwarm.engine.replay.lineup import Lineup
from keepwarm.engine.replay.lived import Decided, Lived, LivedRun, Noted
from keepwarm.engine.run import Decision, Deed
from keepwarm.engine.waiting import HAPPENED, TIMED_OUT
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.waits import WaitUntilDone, WaitUntilEvent

_NONE: Final = "none"
_TAKEN: Final = "taken"
_SKIPPED: Final = "skipped"
_LATE: Final = "late"
_IN_TIME: Final = "in time"


@dataclass(frozen=True, slots=True)
class Way:
    """One way that a run may take at one step."""

    step: int
    #: What tells it from the other ways of the step.
    way: str
    line: int = field(compare=False)
    #: In words: "when its conditions hold".
    said: str = field(compare=False)


def ways_through(plan: Plan) -> list[Way]:
    """Give every way that a run may take, in the order of the file."""
    found = [
        Way(index, way, line, said)
        for index, step in enumerate(plan.steps)
        for way, line, said in _ways_of(step)
    ]
    return sorted(found, key=lambda way: way.line)


def _ways_of(step: PlanStep) -> Iterator[tuple[str, int, str]]:
    line = step.at.place.span.line
    if step.at.only_if != ALWAYS:
        yield _TAKEN, line, "taken, because its only_if holds"
        yield _SKIPPED, line, "skipped, because its only_if does not hold"
    match step:
        case Branch():
            yield from _ways_of_branch(step, line)
        case Split():
            for _, label, _ in step.arms:
                yield label, line, f"drawn into {label}"
        case Send(ways=ways) if len(ways) > 1:
            for part, way in enumerate(ways):
                said = "by" if part == 0 else "or else by"
                yield f"by {part}", line, f"{said} {way.channel}"
        case Pause(wait=WaitUntilEvent() | WaitUntilDone()):
            yield HAPPENED, line, "ended by what it waits for"
            yield TIMED_OUT, line, "timed out"
        case OpenTask(late=late) if late.notify or late.reassign or late.start_playbook:
            yield _LATE, line, "late"
            yield _IN_TIME, line, "done in time"
        case _:
            pass


def _ways_of_branch(step: Branch, line: int) -> Iterator[tuple[str, int, str]]:
    conditions = [condition for condition, _, _ in step.arms if condition is not None]
    otherwise = "otherwise" if len(conditions) > 1 else "its conditions do not hold"
    for condition, label, _ in step.arms:
        if condition is None:
            yield label, line, otherwise
        else:
            yield label, int(label.removeprefix("line ")), "its conditions hold"
    if step.arms[-1][0] is not None:
        yield _NONE, line, otherwise


# ── What a life took ─────────────────────────────────────────────────────────────────────────


def ways_taken(lived: Lived, lineup: Lineup) -> Iterator[tuple[str, int, str]]:
    """Give (playbook, step, way) of every way that was taken."""
    plans = {ready.plan.playbook: ready.plan for ready in lineup.playbooks}
    for entry in lived.entries:
        match entry:
            case Decided(run=run, course=course):
                for decision in course.decisions:
                    for way in _ways_decided(plans[run.playbook], decision):
                        yield run.playbook, decision.step, way
            case Noted(message=sent):
                step = plans[sent.run.playbook].steps[sent.message.step]
                if isinstance(step, Send) and len(step.ways) > 1:
                    yield sent.run.playbook, sent.message.step, f"by {sent.message.part}"
            case _:
                assert_never(entry)
    for each in lived.runs:
        for task in _done_in_time(each):
            yield each.playbook, task, _IN_TIME


def _ways_decided(plan: Plan, decision: Decision) -> Iterator[str]:
    if decision.step < 0:
        return
    match decision.deed:
        case Deed.TOOK | Deed.DREW | Deed.WAITED if decision.detail:
            yield decision.detail
        case Deed.TASK_LATE:
            yield _LATE
        case _:
            pass
    if plan.steps[decision.step].at.only_if != ALWAYS:
        yield _SKIPPED if decision.deed is Deed.SKIPPED else _TAKEN


def _done_in_time(run: LivedRun) -> Iterator[int]:
    for step, task in run.tasks.items():
        if task.outcome in (None, "withdrawn") or task.done_at is None or task.due_at is None:
            continue
        if task.done_at <= task.due_at:
            yield step
