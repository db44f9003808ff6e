"""Hours that are turned round: they keep the day quiet, and let messages go out at night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Final

from keepwarm.schema.catalog import Place
from keepwarm.schema.hours import Window
from keepwarm.schema.rules.no_hour_left import leave_no_hour
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace

_NOON: Final = 12
#: Shorter ones keep a rest at noon, or the hours at school.
_HOURS_OF_A_DAY: Final = 8


def _find(workspace: Workspace) -> Iterator[Finding]:
    yield from _legal_by_night(workspace)
    of_all = workspace.policies.quiet_hours
    if of_all is not None and is_by_day(of_all):
        place = place_of_setting(workspace, "policies.yaml", "quiet_hours")
        if place is not None:
            yield _finding(of_all, place)
    for playbook in workspace.playbooks.values():
        own = playbook.respect.quiet_hours
        if own is None or not is_by_day(own):
            continue
        if of_all is not None and leave_no_hour((own, of_all)):
            # That breaks a rule of its own.
            continue
        file = playbook.place.file
        place = place_of_setting(workspace, file, "respect", "quiet_hours")
        yield _finding(own, place or playbook.place)


def _legal_by_night(workspace: Workspace) -> Iterator[Finding]:
    """Tell of hours of the law in which texts may go out at night alone."""
    legal = workspace.policies.promised.legal_hours
    if legal is None or not is_by_night(legal):
        return
    place = place_of_setting(workspace, "policies.yaml", "legal_hours")
    if place is not None:
        yield Finding(
            place,
            f'"{legal}" lets texts go out at night, and none by day',
            "legal hours are those in which a text may arrive",
            str(Window(legal.end, legal.start)),
            doubted_by=nothing,
        )


def is_by_night(legal: Window) -> bool:
    """Tell whether legal hours are turned round: what they leave out is the day."""
    return legal.crosses_midnight and is_by_day(Window(legal.end, legal.start))


def is_by_day(quiet: Window | None) -> bool:
    """Tell whether quiet hours are turned round: they are those of the day."""
    if quiet is None or quiet.crosses_midnight or quiet.start == time():
        return False
    is_over_noon = quiet.start.hour < _NOON <= quiet.end.hour
    return is_over_noon and quiet.end.hour - quiet.start.hour >= _HOURS_OF_A_DAY


def _finding(quiet: Window, place: Place) -> Finding:
    return Finding(
        place,
        f'"{quiet}" is quiet by day, and lets messages go out at night',
        "quiet hours are those in which nothing is sent",
        str(Window(quiet.end, quiet.start)),
        doubted_by=nothing,
    )


QUIET_BY_DAY = Rule(
    "quiet-by-day",
    "Quiet hours, or legal hours, are turned round: nothing is sent by day, and all at night.",
    _find,
)
