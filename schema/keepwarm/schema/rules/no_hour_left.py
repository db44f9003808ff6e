"""Quiet hours that leave no hour of the day to send in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from keepwarm.schema.catalog import Place
from keepwarm.schema.hours import Window
from keepwarm.schema.nodes import Span
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace

_POLICIES = Place("policies.yaml", Span(1, 1, 1, 1))
_MINUTES_A_DAY = 24 * 60
_MINUTES_AN_HOUR = 60
_LEFT = "{} quiet hours leave less than an hour of the day to send in"
_WHAT = "quiet hours are those in which nothing is sent"


def _find(workspace: Workspace) -> Iterator[Finding]:
    of_all = workspace.policies.quiet_hours
    if of_all is not None and leave_no_hour((of_all,)):
        place = place_of_setting(workspace, "policies.yaml", "quiet_hours")
        yield Finding(place or _POLICIES, _LEFT.format("these"), f"{of_all}; {_WHAT}")
        return
    for playbook in workspace.playbooks.values():
        own = playbook.respect.quiet_hours
        windows = tuple(window for window in (own, of_all) if window is not None)
        if own is not None and leave_no_hour(windows):
            place = place_of_setting(workspace, playbook.place.file, "respect", "quiet_hours")
            also = f", and for all playbooks {of_all} (policies.yaml)" if of_all else ""
            why = f"{own}{also}; {_WHAT}"
            yield Finding(place or playbook.place, _LEFT.format("its"), why, doubted_by=nothing)


@lru_cache(maxsize=64)
def leave_no_hour(windows: tuple[Window, ...]) -> bool:
    """Tell whether quiet hours leave less than an hour of the day."""
    left = sum(not any(_is_in(minute, window) for window in windows) for minute in _EVERY_MINUTE)
    return left < _MINUTES_AN_HOUR


def _is_in(minute: int, window: Window) -> bool:
    start = window.start.hour * 60 + window.start.minute
    end = window.end.hour * 60 + window.end.minute
    return start <= minute < end if start < end else minute >= start or minute < end


_EVERY_MINUTE = range(_MINUTES_A_DAY)

NO_HOUR_LEFT = Rule(
    "no-hour-left",
    "The quiet hours of a playbook and of the policies together leave less than an hour a day.",
    _find,
)
