"""What came of each step for one customer, so that a changed line can be held against it."""

from __future__ import annotations

from collections.abc import Sequence

from keepwarm.engine.drawing import step_sentence
from keepwarm.engine.plan import END, START, Branch, Plan, Split
from keepwarm.engine.proposing.getting import Got
from keepwarm.engine.replay.lived import Decided, Lived
from keepwarm.engine.run import Decision, Deed

#: Path of a step -> what came of it, each time in its words; when it was does not count.
Outcomes = dict[str, list[str]]


def outcomes_of(lived: Lived, plan: Plan, got: Sequence[Got]) -> Outcomes:
    """Give what came of each step of a playbook."""
    found: Outcomes = {}
    for entry in lived.entries:
        if not isinstance(entry, Decided) or entry.run.playbook != plan.playbook:
            continue
        for decision in entry.course.decisions:
            if decision.step > START:
                path = plan.steps[decision.step].at.path
                found.setdefault(path, []).append(_outcome(decision, entry, plan))
    for each in got:
        found.setdefault(each.step, []).append(f"{each.what} {each.mark}")
    return found


def _outcome(decision: Decision, entry: Decided, plan: Plan) -> str:
    step = plan.steps[decision.step]
    match decision.deed:
        case Deed.WAITS:
            until = entry.course.memory.waits_until
            return f"waits {None if until is None else until - entry.at}"
        case Deed.TOOK | Deed.DREW if isinstance(step, (Branch, Split)):
            first = next((arm[2] for arm in step.arms if arm[1] == decision.detail), END)
            # An arm is known by what it begins with: labels are lines, which move.
            return "the end" if first == END else step_sentence(plan.steps[first])
        case _:
            return f"{decision.deed} {decision.detail}"
