"""Playbooks that start each other for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.playbook import (
    EveryTime,
    Playbook,
    StartPlaybookStep,
    StopStep,
    WaitStep,
    WhenCalled,
)
from keepwarm.schema.rules.calls import Call
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.walking import every_step
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    calls = {
        name: _calls_at_once(playbook)
        for name, playbook in sorted(workspace.playbooks.items())
        if _lets_everybody_in(playbook)
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
                rests_on=tuple(workspace.playbooks[call.playbook].place.file for call in circle),
            )


def _lets_everybody_in(playbook: Playbook) -> bool:
    match playbook.start:
        case WhenCalled(once=EveryTime()):
            return playbook.only_if == ALWAYS and playbook.stop_if_any is None
        case _:
            return False


def _calls_at_once(playbook: Playbook) -> list[Call]:
    """Give the calls that every customer comes to, and comes to without a wait."""
    found: list[Call] = []
    for step in playbook.steps:
        if any(isinstance(within, WaitStep | StopStep) for within in every_step([step])):
            break
        if isinstance(step, StartPlaybookStep) and step.common.only_if == ALWAYS:
            found.append(Call(step.playbook, step.common.place))
    return found


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
