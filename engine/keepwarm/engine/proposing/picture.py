"""A changed playbook as a picture: what is new or other is coloured, ways have their counts."""

from __future__ import annotations

from keepwarm.engine.drawing import mermaid
from keepwarm.engine.drawing_notes import Notes, Tone
from keepwarm.engine.moving import same_steps
from keepwarm.engine.plan import Branch, Plan, Split
from keepwarm.engine.proposing.changes import PlaybookChange
from keepwarm.engine.proposing.effects import Effects


def picture(change: PlaybookChange, effects: Effects | None) -> str:
    """Give the playbook as it would be, in Mermaid; nothing for one that goes."""
    if change.plan is None:
        return ""
    into = {} if effects is None else _counts(change, change.plan, effects)
    return mermaid(
        change.plan, Notes(into=into, arms=_arms(change.plan, into), tones=_tones(change))
    )


def _tones(change: PlaybookChange) -> dict[int, Tone]:
    if change.plan is None:
        return {}
    at = {step.at.path: index for index, step in enumerate(change.plan.steps)}
    tones: dict[int, Tone] = {}
    for line in change.lines:
        if line.new is None or line.new.step not in at:
            continue
        is_head = line.within == "" and line.old is None and line.new.depth % 2 == 0
        tone = Tone.ADDED if is_head and not line.new.says.endswith(":") else Tone.CHANGED
        index = at[line.new.step]
        if tones.get(index) is not Tone.ADDED:
            tones[index] = tone
    return tones


def _counts(change: PlaybookChange, plan: Plan, effects: Effects) -> dict[int, str]:
    """Say on the way into each step how many came there, and how many come as it is live."""
    before = {} if change.plan_before is None else same_steps(change.plan_before, plan)
    said = {}
    for index in range(len(plan.steps)):
        now = effects.new.came[change.playbook, index]
        was = effects.live.came[change.playbook, before[index]] if index in before else 0
        if now or was:
            said[index] = f"{now:,}" if now == was else f"{now:,} (live {was:,})"
    return said


def _arms(plan: Plan, into: dict[int, str]) -> dict[tuple[int, int], str]:
    return {
        (index, number): into[first]
        for index, step in enumerate(plan.steps)
        if isinstance(step, (Branch, Split))
        for number, (_, _, first) in enumerate(step.arms)
        if first in into and first != step.at.then
    }
