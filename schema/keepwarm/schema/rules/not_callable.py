"""A call to a playbook that has another way in."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Scalar
from keepwarm.schema.playbook import Playbook, WhenCalled
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.calls import Call, calls_of
from keepwarm.schema.rules.places import every_setting
from keepwarm.schema.rules.rule import Doubt, Finding, Rule
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        for call in calls_of(playbook):
            called = workspace.playbooks.get(call.playbook)
            if called is not None and not isinstance(called.start, WhenCalled):
                yield Finding(
                    _where(call, workspace),
                    f'the playbook "{call.playbook}" cannot be started by another',
                    f"it has a way in of its own; let {called.place.file} say:  "
                    "start: {called: by another playbook}",
                    doubted_by=_in_what_is_called(called),
                    rests_on=(called.place.file,),
                )


def _where(call: Call, workspace: Workspace) -> Place:
    """Give the line that calls; below a task that is late it is not the step's own."""
    if not call.is_late:
        return call.place
    file, line = call.place.file, call.place.span.line
    for entry in every_setting(workspace.nodes.get(file)):
        said = entry.value.text if isinstance(entry.value, Scalar) else None
        if said == call.playbook and entry.key.span.line >= line:
            return Place(file, entry.value.span)
    return call.place


def _in_what_is_called(called: Playbook) -> Doubt:
    def doubts(problem: Problem) -> bool:
        return problem.file == called.place.file

    return doubts


NOT_CALLABLE = Rule(
    "not-callable",
    "A step starts a playbook that does not say it is called by another.",
    _find,
)
