"""Every step of a playbook, whatever it stands in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keepwarm.schema.playbook import Arm, ChooseStep, Portion, SplitStep, Step


def every_step(steps: Iterable[Step]) -> Iterator[Step]:
    """Give each step before the steps within it, in the order written."""
    for step in steps:
        yield step
        for branch in branches(step):
            yield from every_step(branch.steps)


def branches(step: Step) -> tuple[Arm | Portion, ...]:
    """Give the ways that a step may go on; none for a step that holds no others."""
    match step:
        case ChooseStep(arms=arms):
            return arms
        case SplitStep(portions=portions):
            return portions
        case _:
            return ()
