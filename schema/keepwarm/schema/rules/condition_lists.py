"""Every list of conditions of a workspace, with the file in which it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, assert_never

from keepwarm.schema.conditions import All, AnyOf, Condition, Happened, NoneOf, Test
from keepwarm.schema.playbook import (
    ChooseStep,
    Goal,
    OnDate,
    OnSchedule,
    Playbook,
    Start,
    Step,
    WaitStep,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)
from keepwarm.schema.walking import every_step
from keepwarm.schema.workspace import Workspace

Group: TypeAlias = All | AnyOf | NoneOf


def every_list(workspace: Workspace) -> Iterator[tuple[str, All]]:
    """Give every list of which all lines must hold, the outermost ones only."""
    for file, group in _every_group(workspace, is_inner=False):
        if isinstance(group, All):
            yield file, group


def every_group(workspace: Workspace) -> Iterator[tuple[str, Group]]:
    """Give every list, whether all, any or none of its lines must hold."""
    yield from _every_group(workspace, is_inner=True)


def _every_group(workspace: Workspace, *, is_inner: bool) -> Iterator[tuple[str, Group]]:
    for file, condition in _conditions(workspace):
        for group, is_all_in_all in _groups(condition, inside_all=False):
            if is_inner or not is_all_in_all:
                yield file, group


def _groups(condition: Condition, *, inside_all: bool) -> Iterator[tuple[Group, bool]]:
    """Give every group within a condition; and whether it is an `all` directly within an `all`."""
    if isinstance(condition, Test):
        if isinstance(condition.phrase, Happened) and condition.phrase.where is not None:
            yield from _groups(condition.phrase.where, inside_all=False)
        return
    is_all = isinstance(condition, All)
    yield condition, is_all and inside_all
    for part in condition.of:
        yield from _groups(part, inside_all=is_all)


def _conditions(workspace: Workspace) -> Iterator[tuple[str, Condition]]:
    for segment in workspace.catalog.segments.values():
        if segment.place is not None:
            yield segment.place.file, segment.condition
    for playbook in workspace.playbooks.values():
        for condition in _of_playbook(playbook):
            yield playbook.place.file, condition


def _of_playbook(playbook: Playbook) -> Iterator[Condition]:
    yield from _of_start(playbook.start)
    yield playbook.only_if
    if isinstance(playbook.goal, Goal):
        yield playbook.goal.where
    if playbook.stop_if_any is not None:
        yield playbook.stop_if_any
    for step in every_step(playbook.steps):
        yield from _of_step(step)


def _of_start(start: Start) -> Iterator[Condition]:
    match start:
        case WhenEvent(where=condition):
            yield condition
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            yield condition
        case WhenBecomes(condition=condition):
            yield condition
        case WhenCalled():
            return
        case _:
            assert_never(start)


def _of_step(step: Step) -> Iterator[Condition]:
    yield step.common.only_if
    if isinstance(step, WaitStep):
        yield step.where
    if isinstance(step, ChooseStep):
        yield from (arm.when for arm in step.arms if arm.when is not None)
