"""Moving runs from one version of a playbook to another: where each position goes (law 20)."""

from __future__ import annotations

from dataclasses import replace

from keepwarm.engine.plan import END, START, Plan, PlanStep
from keepwarm.engine.run import Memory


def positions(old: Plan, new: Plan) -> dict[int, int]:
    """Give, for each position of the old plan, where a run that stands there goes on.

    A step is the same if it has the same name; one without a name, if it does the same at the
    same place. Where a step is gone, the run goes on at the next one that is still there, and
    where none is, it ends. So a removed step strands nobody.
    """
    places = {_sameness(step): index for index, step in enumerate(new.steps)}
    found = {START: START, END: END}
    for index in range(len(old.steps)):
        found[index] = _first_kept(old, index, places)
    return found


def same_steps(old: Plan, new: Plan) -> dict[int, int]:
    """Give, for each step of the new plan that the old one has too, which of its steps that is."""
    before = {_sameness(step): index for index, step in enumerate(old.steps)}
    return {
        index: before[_sameness(step)]
        for index, step in enumerate(new.steps)
        if _sameness(step) in before
    }


def _first_kept(old: Plan, index: int, places: dict[tuple[str, ...], int]) -> int:
    while index != END:
        step = old.steps[index]
        if _sameness(step) in places:
            return places[_sameness(step)]
        index = step.at.then
    return END


def _sameness(step: PlanStep) -> tuple[str, ...]:
    if step.at.name:
        return ("named", step.at.name)
    return (type(step).__name__, step.at.path)


def moved_memory(memory: Memory) -> Memory:
    """Give what a run still remembers when it has moved.

    Its messages and tasks belong to the old version, so no wait depends on them any more.
    """
    return replace(memory, after_message=None, tasks_due=())
