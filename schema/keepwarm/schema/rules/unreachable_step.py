"""A step below an end: nobody comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.playbook import Arm, ChooseStep, SplitStep, Step, StopStep
from keepwarm.schema.rules.rule import Finding, Rule, hidden_condition
from keepwarm.schema.walking import branches
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        yield from _in_steps(playbook.steps)


def _in_steps(steps: Sequence[Step]) -> Iterator[Finding]:
    for step, below in zip_longest(steps, steps[1:]):
        for branch in branches(step):
            yield from _in_steps(branch.steps)
        if below is not None and _ends(step):
            why = "stops" if isinstance(step, StopStep) else "ends in a stop whichever way it goes"
            first, last = step.common.place.span.line, below.common.place.span.line
            yield Finding(
                below.common.place,
                "nobody comes to this step",
                f"the step on line {first} {why}",
                doubted_by=hidden_condition(first, last),
            )
            return


def _ends(step: Step) -> bool:
    """Tell whether no customer goes on behind a step."""
    if step.common.only_if != ALWAYS:
        return False
    match step:
        case StopStep():
            return True
        case ChooseStep(arms=arms):
            has_otherwise = any(arm.when is None for arm in arms)
            return has_otherwise and all(_all_end(arm) for arm in arms)
        case SplitStep(portions=portions):
            return all(any(_ends(step) for step in portion.steps) for portion in portions)
        case _:
            return False


def _all_end(arm: Arm) -> bool:
    return any(_ends(step) for step in arm.steps)


UNREACHABLE_STEP = Rule(
    "unreachable-step",
    "A step stands below a `stop`, or below a choice of which every arm stops.",
    _find,
)
