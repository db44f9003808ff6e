"""Advancing what is due: take runs, read facts, decide, write; one transaction a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from keepwarm.engine.advancing import Courses, Together, advance_together
from keepwarm.engine.crowd import Crowd
from keepwarm.engine.run import Deed, RunStatus, TaskWanted
from keepwarm.flows.ahead import worked_ahead
from keepwarm.flows.setting_aside import UNREADABLE, in_smaller_batches
from keepwarm.flows.shelf import Released
from keepwarm.flows.starting import carry_on, is_paused
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.flows.task_words import put_tasks_into_words
from keepwarm.store.connection import Connection
from keepwarm.store.decided import write_decided
from keepwarm.store.facts import ask_crowd
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.ledger import Noted, note_decisions
from keepwarm.store.planning import look_up_by_keys, take_stock
from keepwarm.store.queueing import ChunkFiller
from keepwarm.store.runs import DueRuns, take_due

#: How many runs are decided in one transaction.
BATCH = 5_000
#: How many of them are decided together, while those before them are written.
_PART: Final = 2_500


def advance_due(system: System, playbook: str) -> Tally | None:
    """Advance one batch of runs that are due, and count what was decided; None when none is due."""
    try:
        return _advance(system, playbook, BATCH)
    except UNREADABLE:
        return in_smaller_batches(system, playbook, partial(_advance, system, playbook), BATCH)


def _advance(system: System, playbook: str, most: int) -> Tally | None:
    now = system.clock()
    with system.database.writing(durable=False) as cx:
        if is_paused(cx, playbook):
            return None
        look_up_by_keys(cx)
        taken = take_due(cx, playbook, now, most)
        if not taken:
            return None
        reached(Landmark.TAKING_RUNS)
        tally = Tally()
        known = _known(cx, system, playbook, taken, now)
        for part, decided in worked_ahead(known, _Part.decide):
            _write(cx, system, part, decided)
            _count(tally, decided.groups)
        reached(Landmark.DECIDING)
    reached(Landmark.DECIDED)
    if tally.advanced >= _PART:
        take_stock(system.database)
    return tally


@dataclass(frozen=True, slots=True)
class _Part:
    """Some runs of one version, with all that is known of them."""

    released: Released
    #: What all parts of a version share: what was decided before.
    courses: Courses
    due: DueRuns
    crowd: Callable[[], Crowd]
    #: Takes the messages of all parts of a version.
    filler: ChunkFiller
    now: datetime

    def decide(self) -> _Decided:
        """Decide how they go on; here is no database, and so a thread of its own may do it."""
        groups = advance_together(self.courses, self.crowd())
        return _Decided(groups, note_decisions(self.due, groups))


@dataclass(frozen=True, slots=True)
class _Decided:
    """How the runs of a part go on, and what the ledger will say of it."""

    groups: Sequence[Together]
    noted: Sequence[Noted]


def _known(
    cx: Connection, system: System, playbook: str, taken: Sequence[DueRuns], now: datetime
) -> Iterator[_Part]:
    """Give the runs in parts, and read what must be known of each part when it is asked for."""
    live = system.shelf.live(cx).get(playbook)
    since = None if live is None else live.live_since
    for runs in taken:
        released = system.shelf.version(cx, runs.version_id)
        filler = ChunkFiller(cx, playbook, released.plan.priority, now)
        courses = Courses(released.plan, now, since)
        for due in runs.parts(_PART):
            crowd = ask_crowd(cx, released.needs_at(due.steps), due, now)
            yield _Part(released, courses, due, crowd, filler, now)


def _write(cx: Connection, system: System, part: _Part, decided: _Decided) -> None:
    groups = decided.groups
    aftermath = write_decided(cx, part.filler, part.due, groups, decided.noted, part.now)
    put_tasks_into_words(cx, part.released, part.due, groups)
    carry_on(cx, system, aftermath, part.now)


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
