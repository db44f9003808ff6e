"""How far customers came, written into a drawing of their playbook."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keepwarm.engine.drawing_notes import ArmKey, Notes
from keepwarm.engine.plan import END, START, Branch, Pause, Plan, PlanStep, Split
from keepwarm.engine.run import OPEN, Mode, RunStatus
from keepwarm.store.connection import Connection
from keepwarm.store.funnel import Funnel, StepCount, funnel, runs_by_end

#: Counts are kept this many times longer than it took to count them.
_TIMES_ITS_COST: Final = 20.0
_SHORTEST_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Counted:
    """A version's customers: how far they came, and how their runs stand."""

    funnel: Funnel
    #: (status, mode) -> runs.
    runs: Mapping[tuple[str, str], int]

    def at(self, status: RunStatus) -> int:
        """Count the runs that stand so, in whatever mode."""
        return sum(count for (found, _), count in self.runs.items() if found == status)

    @property
    def entered(self) -> int:
        """Count all who got in, those held out included."""
        outside = (RunStatus.TURNED_AWAY, RunStatus.SETTLING)
        return sum(count for (status, _), count in self.runs.items() if status not in outside)

    @property
    def inside(self) -> int:
        """Count those whose runs go on."""
        return sum(count for (status, _), count in self.runs.items() if status in OPEN)

    @property
    def held_out(self) -> int:
        """Count those who are never contacted."""
        return sum(count for (_, mode), count in self.runs.items() if mode == Mode.HOLDOUT)


def count_version(cx: Connection, playbook: str, version_id: int) -> Counted:
    """Count a version; it reads every decision of it, so not each second."""
    return Counted(funnel(cx, playbook, version_id), runs_by_end(cx, playbook, version_id))


@dataclass(slots=True)
class KeptCounts:
    """Counts that are kept for a while: the longer, the more it took to count."""

    #: The version's key -> its counts, when they were counted, until when they are kept.
    _kept: dict[int, tuple[Counted, datetime, float]] = field(default_factory=dict)

    def of(
        self, cx: Connection, playbook: str, version_id: int, now: datetime
    ) -> tuple[Counted, datetime]:
        """Give a version's counts, and the moment that they are of."""
        began = time.monotonic()
        known = self._kept.get(version_id)
        if known is not None and began < known[2]:
            return known[0], known[1]
        counted = count_version(cx, playbook, version_id)
        done = time.monotonic()
        kept_for = max(_SHORTEST_SECONDS, (done - began) * _TIMES_ITS_COST)
        self._kept[version_id] = (counted, now, done + kept_for)
        return counted, now


def count_notes(plan: Plan, counted: Counted) -> Notes:
    """Give the counts as notes: at each step who is there, on each way how many took it."""
    steps = counted.funnel.steps
    entered = f"{counted.entered:,} entered"
    if counted.held_out:
        entered += f", {counted.held_out:,} of them held out"
    into = {index: f"{at.reached:,}" for index, at in steps.items() if at.reached}
    completed = counted.at(RunStatus.COMPLETED)
    return Notes(
        under={START: (entered,)}
        | {index: lines for index, at in steps.items() if (lines := _at(plan.steps[index], at))},
        into=into | ({END: f"{completed:,}"} if completed else {}),
        arms=dict(_arms(plan, steps)),
        goal=_said(counted.at(RunStatus.GOAL_REACHED), "reached it"),
        stopped=_said(counted.at(RunStatus.STOPPED), "stopped"),
        done=_said(completed, "came here"),
    )


def _said(count: int, what: str) -> str:
    return f"{count:,} {what}" if count else ""


def _at(step: PlanStep, at: StepCount) -> tuple[str, ...]:
    here = _said(at.waiting, "here now") if isinstance(step, Pause) else ""
    under_way = at.queued - at.sent - at.skipped - at.failed
    messages = (
        _said(at.sent, "sent"),
        _said(under_way, "under way"),
        _said(at.skipped, "skipped"),
        _said(at.failed, "failed"),
    )
    said = ", ".join(each for each in (here, *messages) if each)
    return (said,) if said else ()


def _arms(plan: Plan, steps: Mapping[int, StepCount]) -> list[tuple[ArmKey, str]]:
    """Count who took each way of each fork; a way without steps has those who took no other."""
    found: list[tuple[ArmKey, str]] = []
    for index, step in enumerate(plan.steps):
        if not isinstance(step, Branch | Split) or index not in steps:
            continue
        firsts = [first for _, _, first in step.arms]
        taken = [
            steps[first].reached if first in steps and first != step.at.then else 0
            for first in firsts
        ]
        left = steps[index].reached - sum(taken)
        empty = [number for number, first in enumerate(firsts) if first == step.at.then]
        if isinstance(step, Branch) and all(condition is not None for condition, _, _ in step.arms):
            empty.append(len(firsts))
        # Where several ways have no steps, nobody can tell who took which.
        found += [((index, number), f"{count:,}") for number, count in enumerate(taken) if count]
        if len(empty) == 1 and left > 0:
            found.append(((index, empty[0]), f"{left:,}"))
    return found
