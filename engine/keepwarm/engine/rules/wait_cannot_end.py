"""A wait for a day that some of those who come to it do not have."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.engine.rules.ways import ways_of
from keepwarm.schema.phrases import WaitUntilDate
from keepwarm.schema.playbook import Playbook, WaitStep
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.rule import Doubt, Finding, Rule
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        for reached in ways_of(playbook, workspace):
            match reached.step:
                case WaitStep(wait=WaitUntilDate(attribute=date)) as step:
                    if date not in reached.standing.known:
                        yield _finding(step, date, playbook)
                case _:
                    pass


def _finding(step: WaitStep, date: str, playbook: Playbook) -> Finding:
    return Finding(
        step.common.place,
        f'some of those who come here have no "{date}", and for them this wait cannot end',
        f"they would be dropped here; let in only those of whom it is known:  "
        f"only_if: [{date}: known]",
        doubted_by=_speaks_of(date, playbook),
    )


def _speaks_of(date: str, playbook: Playbook) -> Doubt:
    """Doubt where a condition on the date could not be read."""

    def doubts(problem: Problem) -> bool:
        is_named = date in problem.message or date in (problem.replacement or "")
        return problem.file == playbook.place.file and is_named

    return doubts


WAIT_CANNOT_END = Rule(
    "wait-cannot-end",
    "A wait is for a date that some of those who come to it do not have.",
    _find,
)
