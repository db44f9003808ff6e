"""Advancing what is due: take runs, read facts, decide, write; one transaction a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from keepwarm.engine.advancing import Together, advance_together
from keepwarm.engine.run import Deed, RunStatus, TaskWanted
from keepwarm.flows.starting import carry_on, is_paused
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.flows.task_words import put_tasks_into_words
from keepwarm.store.connection import Connection
from keepwarm.store.decided import write_decided
from keepwarm.store.facts import read_crowd
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.queueing import ChunkFiller
from keepwarm.store.runs import DueRuns, take_due

#: How many runs are decided in one transaction.
BATCH = 5_000


def advance_due(system: System, playbook: str) -> Tally | None:
    """Advance one batch of runs that are due, and count what was decided; None when none is due."""
    now = system.clock()
    with system.database.writing(durable=False) as cx:
        if is_paused(cx, playbook):
            return None
        taken = take_due(cx, playbook, now, BATCH)
        if not taken:
            return None
        reached(Landmark.TAKING_RUNS)
        tally = Tally()
        for due in taken:
            _advance(cx, system, playbook, due, now, tally)
        reached(Landmark.DECIDING)
    reached(Landmark.DECIDED)
    return tally


def _advance(
    cx: Connection, system: System, playbook: str, due: DueRuns, now: datetime, tally: Tally
) -> None:
    released = system.shelf.version(cx, due.version_id)
    live = system.shelf.live(cx).get(playbook)
    crowd = read_crowd(cx, released.needs_at(due.steps), due, now)
    since = None if live is None else live.live_since
    groups = advance_together(released.plan, crowd, now, since)
    filler = ChunkFiller(cx, playbook, released.plan.priority, now)
    aftermath = write_decided(cx, filler, due, groups, now)
    put_tasks_into_words(cx, released, due, groups)
    carry_on(cx, system, aftermath, now)
    _count(tally, groups)


def _count(tally: Tally, groups: Sequence[Together]) -> None:
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
