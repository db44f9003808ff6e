"""Moving runs from one version of a playbook to another: where each position goes (law 20)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from keepwarm.engine.drawing import step_sentence
from keepwarm.engine.plan import END, START, Plan, PlanStep
from keepwarm.engine.run import Memory


def positions(old: Plan, new: Plan) -> dict[int, int]:
    """Give, for each position of the old plan, where a run that stands there goes on.

    A step is the same if it has the same name; one without a name, if it does the same and stands
    in the same order among those that stay, or is of the same sort in the place of one that went.
    Where a step is gone, the run goes on at the next one that is still there, and where none is,
    it ends. So a removed step strands nobody, and takes nobody past what they have not got.
    """
    kept = _kept(old, new)
    found = {START: START, END: END}
    for index in range(len(old.steps)):
        found[index] = _first_kept(old, index, kept)
    return found


def same_steps(old: Plan, new: Plan) -> dict[int, int]:
    """Give, for each step of the new plan that the old one has too, which of its steps that is."""
    return {after: before for before, after in _kept(old, new).items()}


def _first_kept(old: Plan, index: int, kept: Mapping[int, int]) -> int:
    while index != END:
        if index in kept:
            return kept[index]
        index = old.steps[index].at.then
    return END


def _kept(old: Plan, new: Plan) -> dict[int, int]:
    """Give old step -> new step for those that stay: named ones, and the others in one order."""
    names = {step.at.name: index for index, step in enumerate(new.steps) if step.at.name}
    found = {
        index: names[step.at.name]
        for index, step in enumerate(old.steps)
        if step.at.name and step.at.name in names
    }
    taken = set(found.values())
    before = [index for index in range(len(old.steps)) if index not in found]
    after = [index for index in range(len(new.steps)) if index not in taken]
    alike = _likeness([old.steps[n] for n in before], [new.steps[n] for n in after])
    return found | {before[i]: after[j] for i, j in _in_one_order(alike)}


def _likeness(old: Sequence[PlanStep], new: Sequence[PlanStep]) -> list[list[int]]:
    """Give how much speaks for each two steps being the same one; nothing where they are not."""
    before, after = ([_traits(step) for step in steps] for steps in (old, new))
    return [[_weight(one, other) for other in after] for one in before]


def _traits(step: PlanStep) -> tuple[str, str, str]:
    """Give what sort of step it is, what it does, and in what kind of branch it stands."""
    return type(step).__name__, step_sentence(step), re.sub("[0-9]+", "", step.at.path)


def _weight(one: tuple[str, str, str], other: tuple[str, str, str]) -> int:
    if one[0] != other[0]:
        return 0
    if one[1] == other[1]:
        return _SAME_THING if one[2] == other[2] else _SAME_ELSEWHERE
    return _SAME_SORT if one[2] == other[2] else 0


_SAME_THING, _SAME_ELSEWHERE, _SAME_SORT = 8, 4, 1


def _in_one_order(alike: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Give the pairs that weigh most together, each behind the one before it on both sides.

    Of equal choices an old step that stands later is kept, and a new one that stands earlier: so
    nobody goes past a step that they have not come to.
    """
    width = len(alike[0]) if alike else 0
    best = [[0] * (width + 1) for _ in range(len(alike) + 1)]
    for i, row in enumerate(alike):
        for j, weight in enumerate(row):
            together = best[i][j] + weight if weight else 0
            best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], together)
    pairs: list[tuple[int, int]] = []
    i, j = len(alike), width
    while i and j:
        if best[i][j] == best[i][j - 1]:
            j -= 1
        elif alike[i - 1][j - 1] and best[i][j] == best[i - 1][j - 1] + alike[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        else:
            i -= 1
    return pairs


def moved_memory(memory: Memory) -> Memory:
    """Give what a run still remembers when it has moved.

    Its messages and tasks belong to the old version, so no wait depends on them any more.
    """
    return replace(memory, after_message=None, tasks_due=())
