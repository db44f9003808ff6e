"""Living a history through again: the running service in small, for one customer, in memory.

The clock jumps from one moment at which something happens to the next. At each, what arrived is
taken in first; then the playbooks take their turns, by name, until nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from keepwarm.engine.advancing import advance
from keepwarm.engine.changing import changed_facts
from keepwarm.engine.facts import Sent, TaskState
from keepwarm.engine.gates import CONSENT_OF
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.replay.entering import enter_by_event, enter_called
from keepwarm.engine.replay.history import (
    Arrival,
    Barred,
    Chose,
    History,
    Learned,
    Occurred,
    Reacted,
    Reaction,
    Scored,
    TaskFinished,
)
from keepwarm.engine.replay.life import Life, Part
from keepwarm.engine.replay.lineup import Lineup
from keepwarm.engine.replay.lived import Decided, Lived, LivedRun
from keepwarm.engine.replay.looking import begin_to_look, look, look_anew
from keepwarm.engine.replay.sending import dispatch, queue
from keepwarm.engine.run import (
    OPEN,
    Advanced,
    Effect,
    FactsChanged,
    OfferMade,
    OtherStarted,
    PointsAdded,
    QueueMessage,
    RunStatus,
    TagChanged,
    TaskReassigned,
    TasksWithdrawn,
    TaskWanted,
)
from keepwarm.schema.playbook import OnSchedule
from keepwarm.schema.words import Channel

TURNED_AWAY = "turned away"


def live(lineup: Lineup, history: History) -> Lived:
    """Live one customer's history through again, with all playbooks of the line-up."""
    life = Life(lineup, history)
    arrivals = history.arrivals
    place = _remember_the_past(life, arrivals)
    for part in life.parts:
        begin_to_look(life, part)
    upcoming = _next_moment(life)
    while True:
        while place < len(arrivals) and _comes_first(arrivals[place].at, upcoming, lineup.until):
            life.now = max(arrivals[place].at, life.now)
            # Most of what arrives concerns no playbook, and needs no turn of each.
            if _take(life, arrivals[place]):
                upcoming = _next_moment(life)
            place += 1
        if upcoming is None or upcoming > lineup.until:
            return life.lived
        life.now = max(upcoming, life.now)
        _settle(life)
        upcoming = _next_moment(life)


def _comes_first(arrives_at: datetime, upcoming: datetime | None, until: datetime) -> bool:
    return arrives_at <= until and (upcoming is None or arrives_at <= upcoming)


def _remember_the_past(life: Life, arrivals: Sequence[Arrival]) -> int:
    """Take in what arrived before the replay begins, which sets nothing going; give how much."""
    for place, arrival in enumerate(arrivals):
        if arrival.at >= life.lineup.since:
            return place
        match arrival:
            case Occurred(name=name, happening=happening):
                life.add_event(name, happening)
            case Learned():
                _learn(life, arrival)
            case Scored(values=values):
                life.attributes.update(values)
            case Chose() | Barred():
                _take(life, arrival)
            case TaskFinished() | Reacted():
                pass
            case _:
                assert_never(arrival)
    return len(arrivals)


def _next_moment(life: Life) -> datetime | None:
    """Give when a look, a run or a message is due next."""
    first: datetime | None = None
    for part in life.parts:
        look_at = part.look_at
        if look_at is not None and (first is None or look_at < first):
            first = look_at
        for run in part.open:
            due_at = run.due_at
            if due_at is not None and (first is None or due_at < first):
                first = due_at
        for queued in part.queue:
            if first is None or queued.due_at < first:
                first = queued.due_at
    return first


# ── What arrives ─────────────────────────────────────────────────────────────────────────────


def _take(life: Life, arrival: Arrival) -> bool:
    """Take in what arrived; tell whether it changed what is due, and when."""
    match arrival:
        case Occurred():
            return _take_event(life, arrival)
        case Learned():
            return _learn(life, arrival) and _facts_changed(life, arrival.values.keys())
        case Scored():
            return _take_scores(life, arrival)
        case Chose(topic=topic, channel=channel, allowed=allowed):
            life.choices[topic, channel] = allowed
        case Barred(channel=barred, address=address, reason=reason):
            life.barred.setdefault((barred, address), reason)
        case TaskFinished():
            return _finish_task(life, arrival)
        case Reacted():
            _react(life, arrival)
        case _:
            assert_never(arrival)
    return False


def _take_event(life: Life, event: Occurred) -> bool:
    life.add_event(event.name, event.happening)
    concerns = False
    for part in life.parts:
        ready = part.ready
        if event.name in ready.plan.listens:
            concerns |= enter_by_event(life, part, event)
            concerns |= bool(part.open) and life.wake(part)
        if event.name in part.looks_at:
            concerns |= _look_anew(life, part)
    return concerns


def _learn(life: Life, learned: Learned) -> bool:
    """Take in attributes; those that a playbook of the line-up changed it changes again itself."""
    if learned.by and learned.by in life.lineup.places:
        return False
    for name, value in learned.values.items():
        if value is None:
            life.attributes.pop(name, None)
        else:
            life.attributes[name] = value
    return True


def _take_scores(life: Life, scored: Scored) -> bool:
    life.attributes.update(scored.values)
    return _facts_changed(life, scored.values.keys())


def _facts_changed(life: Life, names: Iterable[str]) -> bool:
    concerns = False
    changed = frozenset(names)
    # A consent is asked when something is sent; to change it wakes nobody.
    told = changed.difference(CONSENT_OF.values())
    for part in life.parts:
        if not changed.isdisjoint(part.looks_at):
            concerns |= _look_anew(life, part)
        if not told.isdisjoint(part.ready.plan.watches):
            concerns |= life.wake(part)
    return concerns


def _look_anew(life: Life, part: Part) -> bool:
    before = part.look
    look_anew(life, part)
    return part.look != before


def _finish_task(life: Life, finished: TaskFinished) -> bool:
    concerns = False
    for part in _parts_of(life, finished.playbook):
        for run in part.runs:
            for step, task in run.tasks.items():
                if task.outcome is not None or finished.task not in part.ready.names[step]:
                    continue
                if finished.opened_at not in (None, run.begun.get(step)):
                    continue
                run.tasks[step] = TaskState(finished.outcome, life.now, task.due_at)
                if run.due_at is not None:
                    run.due_at = min(run.due_at, life.now)
                    concerns = True
    return concerns


def _react(life: Life, reacted: Reacted) -> None:
    """A reaction wakes nobody, as in the running service: it is asked about when a wait is over."""
    for part in _parts_of(life, reacted.playbook):
        for run in part.runs:
            for step, sent in run.sent.items():
                is_meant = reacted.queued_at in (None, run.begun.get(step))
                if is_meant and reacted.message in part.ready.names[step]:
                    run.sent[step] = _after_reaction(sent, reacted)


def _after_reaction(sent: Sent, reacted: Reacted) -> Sent:
    match reacted.reaction:
        case Reaction.DELIVERED:
            return replace(sent, status=MessageStatus.DELIVERED, at=reacted.at)
        case Reaction.FAILED:
            return replace(sent, status=MessageStatus.FAILED, at=reacted.at)
        case Reaction.OPENED:
            return replace(sent, opened=True)
        case Reaction.CLICKED:
            return replace(sent, clicked=True)
        case _:
            assert_never(reacted.reaction)


def _parts_of(life: Life, playbook: str | None) -> list[Part]:
    if playbook is None:
        return life.parts
    place = life.lineup.places.get(playbook)
    return [] if place is None else [life.parts[place]]


# ── The playbooks' turns ─────────────────────────────────────────────────────────────────────


def _settle(life: Life) -> None:
    """Give every playbook its turns, until nothing is left that is due now."""
    is_first, is_idle = True, False
    while not is_idle:
        is_idle = True
        for part in life.parts:
            if is_first:
                life.turn = part.ready.place
                if part.look_at is not None and part.look_at <= life.now and look(life, part):
                    is_idle = False
            if (part.open or part.queue) and _work(life, part):
                is_idle = False
        is_first = False
        life.turn = len(life.parts)
    life.turn = -1


def _work(life: Life, part: Part) -> bool:
    """Do what is due on one playbook; tell whether there was anything."""
    did_anything = False
    while True:
        advanced = bool(part.open) and _advance_due(life, part)
        sent = bool(part.queue) and dispatch(life, part)
        if not (advanced or sent):
            return did_anything
        did_anything = True


def _advance_due(life: Life, part: Part) -> bool:
    """Advance the runs that are due: all decide on the same facts, then all is carried out."""
    due = [run for run in part.open if run.due_at is not None and run.due_at <= life.now]
    if not due:
        return False
    if len(due) > 1:
        due.sort(key=lambda run: run.due_at or life.now)
    plan, live_since = part.ready.plan, life.lineup.since
    decided = [(run, advance(plan, run.run, life.facts(run), life.now, live_since)) for run in due]
    batch = _Batch()
    for run, advanced in decided:
        _write(life, part, run, advanced, batch)
    for name, caller in batch.started:
        place = life.lineup.places.get(name)
        if place is not None:
            enter_called(life, life.parts[place], caller)
    if batch.changed:
        _facts_changed(life, batch.changed)
    return True


@dataclass(slots=True)
class _Batch:
    """What the runs of one batch set going together."""

    #: Channel -> the chunk that its messages wait in.
    chunks: dict[Channel, int] = field(default_factory=dict)
    started: list[tuple[str, LivedRun]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)


def _write(life: Life, part: Part, run: LivedRun, advanced: Advanced, batch: _Batch) -> None:
    """Put a run where its course says, and carry out the effects."""
    course = advanced.course
    if course.decisions or course.effects:
        life.lived.entries.append(Decided(life.now, run, course, advanced.seen))
    run.run = run.run.after(course)
    run.due_at = course.due_at
    if course.status not in OPEN:
        run.ended_at = life.now
        part.open.remove(run)
        if course.status is RunStatus.TURNED_AWAY:
            # Who was turned away did not enter, and so may enter another time.
            run.run = replace(run.run, entry_key=TURNED_AWAY)
        if isinstance(part.ready.plan.start, OnSchedule):
            look_anew(life, part)
    for effect in course.effects:
        _carry_out(life, part, run, effect, batch)


def _carry_out(life: Life, part: Part, run: LivedRun, effect: Effect, batch: _Batch) -> None:
    match effect:
        case QueueMessage(channel=channel):
            if channel not in batch.chunks:
                life.chunks += 1
                batch.chunks[channel] = life.chunks
            queue(life, part, run, effect, batch.chunks[channel])
        case TaskWanted(due_at=due_at):
            run.tasks[effect.step] = TaskState(None, None, due_at)
            run.begun[effect.step] = life.now
        case TasksWithdrawn():
            for step, task in run.tasks.items():
                if task.outcome is None:
                    run.tasks[step] = TaskState("withdrawn", life.now, task.due_at)
        case FactsChanged() | TagChanged() | PointsAdded():
            changed = changed_facts(effect, life.attributes)
            life.attributes.update(changed)
            batch.changed.update(changed)
        case OtherStarted(playbook=playbook):
            batch.started.append((playbook, run))
        case OfferMade() | TaskReassigned():
            pass  # the ledger has it, and nothing else asks
        case _:
            assert_never(effect)
