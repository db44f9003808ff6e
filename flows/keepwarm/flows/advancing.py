"""Advancing what is due: take runs, read facts, decide, write; one transaction a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from keepwarm.engine.advancing import Together, advance_together
from keepwarm.engine.run import Deed, RunStatus, TaskWanted
from keepwarm.flows.starting import carry_on, is_paused
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.store.decided import write_decided
from keepwarm.store.facts import read_facts
from keepwarm.store.queueing import ChunkFiller
from keepwarm.store.runs import DueRun, take_due

#: How many runs are decided in one transaction.
BATCH = 5_000


def advance_due(system: System, playbook: str) -> Tally | None:
    """Advance one batch of runs that are due, and count what was decided; None when none is due."""
    now = system.clock()
    with system.database.writing(durable=False) as cx:
        if is_paused(cx, playbook):
            return None
        due = take_due(cx, playbook, now, BATCH)
        if not due:
            return None
        tally = Tally()
        by_version: dict[int, list[DueRun]] = defaultdict(list)
        for run in due:
            by_version[run.version_id].append(run)
        live = system.shelf.live(cx).get(playbook)
        for version_id, runs in by_version.items():
            plan = system.shelf.version(cx, version_id).plan
            facts = read_facts(cx, plan.needs, runs, now)
            groups = advance_together(
                plan,
                ((run, run.run, facts[run.id]) for run in runs),
                now,
                None if live is None else live.live_since,
            )
            filler = ChunkFiller(cx, playbook, plan.priority, now)
            aftermath = write_decided(cx, filler, groups, now)
            carry_on(cx, system, aftermath, now)
            _count(tally, groups)
    return tally


def _count(tally: Tally, groups: Sequence[Together[DueRun]]) -> None:
    for group in groups:
        many = len(group.who)
        tally.advanced += many
        deeds = [decision.deed for decision in group.course.decisions]
        tally.entered += many * (Deed.ENTERED in deeds or Deed.HELD_OUT in deeds)
        tally.turned_away += many * (group.course.status is RunStatus.TURNED_AWAY)
        tally.held_out += many * (Deed.HELD_OUT in deeds)
        tally.goals += many * (group.course.status is RunStatus.GOAL_REACHED)
        tally.stopped += many * (group.course.status is RunStatus.STOPPED)
        tally.completed += many * (group.course.status is RunStatus.COMPLETED)
        tally.tasks += many * sum(isinstance(e, TaskWanted) for e in group.course.effects)
