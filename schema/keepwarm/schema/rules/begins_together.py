"""A start that waits for quiet and lets every event in: all of them begin at the same moment."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.playbook import EveryTime, Playbook, WhenEvent
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        match playbook.start:
            case WhenEvent(once=EveryTime(), and_then_no=str()) as start:
                yield _finding(start, playbook, workspace)
            case _:
                pass


def _finding(start: WhenEvent, playbook: Playbook, workspace: Workspace) -> Finding:
    file = playbook.place.file
    return Finding(
        place_of_setting(workspace, file, "start", "once") or playbook.place,
        f'each "{start.event}" of a customer has a run of its own, and all of them begin together '
        "when the time is over: after three of them, every message goes three times",
        'write "again_after: 2 days" in its place, or "once: per" and the property that names '
        "what is left behind",
        doubted_by=nothing,
    )


BEGINS_TOGETHER = Rule(
    "begins-together",
    "A start waits until another event has not come, and lets every event in: all begin together.",
    _find,
)
