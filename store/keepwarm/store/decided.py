"""What was decided, written at once: runs, their ledger, messages and all other effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection

from keepwarm.engine.advancing import Together
from keepwarm.engine.run import (
    Effect,
    FactsChanged,
    OfferMade,
    OtherStarted,
    PointsAdded,
    QueueMessage,
    TagChanged,
    TaskReassigned,
    TasksWithdrawn,
    TaskWanted,
)
from keepwarm.store.effects import (
    change_facts,
    make_offers,
    open_tasks,
    reassign_tasks,
    withdraw_tasks,
)
from keepwarm.store.ledger import Noted, append_decisions
from keepwarm.store.queueing import ChunkFiller, queue_messages
from keepwarm.store.runs import DueRuns, write_course


@dataclass(slots=True)
class Aftermath:
    """What decisions set going beyond their own runs; the caller carries it on."""

    #: Attribute -> customers of whom it changed, for those who watch it.
    changed: dict[str, list[int]] = field(default_factory=dict)
    #: Playbook to start -> (the run that starts it, its customer).
    started: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def write_decided(
    cx: Connection,
    filler: ChunkFiller,
    due: DueRuns,
    groups: Sequence[Together],
    noted: Sequence[Noted],
    now: datetime,
) -> Aftermath:
    """Write all courses of a batch: a few statements a course, however many took it."""
    aftermath = Aftermath()
    append_decisions(cx, due.version_id, noted, now)
    for group in groups:
        run_ids = due.ids_of(group.who)
        write_course(cx, group.course, run_ids, now)
        for effect in group.course.effects:
            customer_ids = due.customer_ids_of(group.who)
            _carry_out(cx, filler, effect, run_ids, customer_ids, now, aftermath)
    return aftermath


def _carry_out(
    cx: Connection,
    filler: ChunkFiller,
    effect: Effect,
    run_ids: Sequence[int],
    customer_ids: Sequence[int],
    now: datetime,
    aftermath: Aftermath,
) -> None:
    match effect:
        case QueueMessage():
            queue_messages(cx, filler, effect, run_ids)
        case TaskWanted():
            open_tasks(cx, effect, run_ids, now)
        case TaskReassigned():
            reassign_tasks(cx, effect, run_ids)
        case TasksWithdrawn():
            withdraw_tasks(cx, effect, run_ids, now)
        case OfferMade():
            make_offers(cx, effect, run_ids, now)
        case FactsChanged() | TagChanged() | PointsAdded():
            change_facts(cx, effect, customer_ids, now, filler.playbook)
            for name in _changed_by(effect):
                aftermath.changed.setdefault(name, []).extend(customer_ids)
        case OtherStarted(_, playbook):
            started = aftermath.started.setdefault(playbook, [])
            started.extend(zip(run_ids, customer_ids, strict=True))
        case _:
            assert_never(effect)


def _changed_by(effect: FactsChanged | TagChanged | PointsAdded) -> list[str]:
    match effect:
        case FactsChanged(values=values):
            return [name for name, _ in values]
        case TagChanged(attribute=attribute):
            return [attribute]
        case PointsAdded():
            return ["points"]
