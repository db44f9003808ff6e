"""A wait for a time that has certainly passed when a customer comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.lengths import Length
from keepwarm.schema.phrases import WaitFor, WaitUntilDate, WaitUntilDay
from keepwarm.schema.playbook import (
    ChooseStep,
    OnDate,
    Playbook,
    SplitStep,
    Step,
    StopStep,
    WaitStep,
)
from keepwarm.schema.rules.rule import Finding, Rule, hidden_condition
from keepwarm.schema.rules.stretches import days_in
from keepwarm.schema.workspace import Workspace

#: Summer time may take this much off a wait that is counted in hours.
_SUMMER_TIME = Decimal(1) / 24


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        findings: list[Finding] = []
        _walk(playbook.steps, Decimal(0), playbook, findings)
        yield from findings


def _walk(
    steps: Sequence[Step], passed: Decimal, playbook: Playbook, findings: list[Finding]
) -> Decimal | None:
    """Give the fewest days since the start behind these steps; None where nobody gets there."""
    for step in steps:
        behind = _behind(step, passed, playbook, findings)
        if step.common.only_if != ALWAYS:
            continue
        if behind is None:
            return None
        passed = behind
    return passed


def _behind(
    step: Step, passed: Decimal, playbook: Playbook, findings: list[Finding]
) -> Decimal | None:
    match step:
        case StopStep():
            return None
        case WaitStep():
            findings.extend(_of_wait(step, passed, playbook))
            return _waited(step, passed)
        case ChooseStep(arms=arms):
            ways = [_walk(arm.steps, passed, playbook, findings) for arm in arms]
            ways += [] if any(arm.when is None for arm in arms) else [passed]
            return min((way for way in ways if way is not None), default=None)
        case SplitStep(portions=portions):
            ways = [_walk(portion.steps, passed, playbook, findings) for portion in portions]
            return min((way for way in ways if way is not None), default=None)
        case _:
            return passed


def _waited(step: WaitStep, passed: Decimal) -> Decimal:
    """Give the fewest days since the start behind a wait."""
    match step.wait:
        case WaitFor(length=length):
            less = _SUMMER_TIME if length.unit.is_elapsed else 0
            return passed + max(Decimal(0), days_in(length)[0] - less)
        case WaitUntilDay(day=day):
            return max(passed, Decimal(day))
        case _:
            return passed


def _of_wait(step: WaitStep, passed: Decimal, playbook: Playbook) -> Iterator[Finding]:
    start = playbook.start
    first_line = playbook.steps[0].common.place.span.line
    match step.wait:
        case WaitUntilDay(day=day) if day <= passed and passed > 0:
            yield Finding(
                step.common.place,
                f'"{step.wait}" is over before anybody comes here',
                f"every way to this step takes {_in_words(passed)} or more; days are counted from "
                "the start",
                doubted_by=hidden_condition(first_line, step.common.place.span.line),
            )
        case WaitUntilDate() as wait if isinstance(start, OnDate) and not start.yearly:
            if wait.attribute == start.attribute and _latest(wait) <= _earliest(start) + passed:
                yield Finding(
                    step.common.place,
                    f'"{wait}" is over before anybody comes here',
                    f"the playbook starts {_from(start)}",
                    doubted_by=hidden_condition(1, step.common.place.span.line),
                )
        case _:
            pass


def _latest(wait: WaitUntilDate) -> Decimal:
    """Give the last day, counted from the date, on which the wait may end."""
    return _side(wait.offset, before=wait.before)[1]


def _earliest(start: OnDate) -> Decimal:
    """Give the first day, counted from the date, on which a customer may get in."""
    return _side(start.offset, before=start.before)[0]


def _side(offset: Length | None, *, before: bool) -> tuple[Decimal, Decimal]:
    if offset is None:
        return Decimal(0), Decimal(0)
    fewest, most = days_in(offset)
    return (-most, -fewest) if before else (fewest, most)


def _from(start: OnDate) -> str:
    if start.offset is None:
        return f"on {start.attribute} itself"
    return f"{start.offset} {'before' if start.before else 'after'} {start.attribute}"


def _in_words(days: Decimal) -> str:
    whole = int(days)
    return f"{whole} day{'' if whole == 1 else 's'}"


WAIT_IS_OVER = Rule(
    "wait-is-over",
    "A wait ends at a time that has passed on every way to it.",
    _find,
)
