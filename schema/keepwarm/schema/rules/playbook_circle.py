"""Playbooks that start each other for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.playbook import (
    ChooseStep,
    EveryTime,
    Playbook,
    SplitStep,
    StartPlaybookStep,
    Step,
    StopStep,
    WaitStep,
    WhenCalled,
)
from keepwarm.schema.rules.calls import Call
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.walking import branches
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    calls = {
        name: _calls_at_once(playbook.steps)[0]
        for name, playbook in sorted(workspace.playbooks.items())
        if _lets_in_every_time(playbook)
    }
    for name in calls:
        circle = _circle(name, calls)
        # Each circle is told once, at the first of its playbooks.
        if circle and name == min(call.playbook for call in circle):
            way = " -> ".join([name, *(call.playbook for call in circle)])
            yield Finding(
                circle[0].place,
                f"these playbooks start each other for ever: {way}",
                "put a wait between, or let one of them say:  once: per customer",
            )


def _lets_in_every_time(playbook: Playbook) -> bool:
    return isinstance(playbook.start, WhenCalled) and isinstance(playbook.start.once, EveryTime)


def _calls_at_once(steps: Sequence[Step]) -> tuple[list[Call], bool]:
    """Give the calls that a customer may come to without a wait; and whether one comes through."""
    found: list[Call] = []
    for step in steps:
        comes_through = True
        match step:
            case StartPlaybookStep(playbook=name):
                found.append(Call(name, step.common.place))
            case WaitStep() | StopStep():
                comes_through = False
            case ChooseStep() | SplitStep():
                comes_through = _through_branches(step, found)
            case _:
                pass
        if not comes_through and step.common.only_if == ALWAYS:
            return found, False
    return found, True


def _through_branches(step: ChooseStep | SplitStep, found: list[Call]) -> bool:
    """Note the calls within a choice, and tell whether some way leads through it without a wait."""
    has_way_past = isinstance(step, ChooseStep) and all(arm.when is not None for arm in step.arms)
    ways = [_calls_at_once(branch.steps) for branch in branches(step)]
    for calls, _ in ways:
        found.extend(calls)
    return has_way_past or any(comes_through for _, comes_through in ways)


def _circle(start: str, calls: Mapping[str, list[Call]]) -> list[Call] | None:
    """Give the shortest way from a playbook back to itself, call by call."""
    ways: list[list[Call]] = [[call] for call in calls[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        last = way[-1].playbook
        if last == start:
            return way
        if last in seen:
            continue
        seen.add(last)
        ways.extend([*way, call] for call in calls.get(last, ()))
    return None


PLAYBOOK_CIRCLE = Rule(
    "playbook-circle",
    "Playbooks that let a customer in every time start each other in a circle, without a wait.",
    _find,
)
