"""Decisions: from where a run stands to where it stands next, one question at a time.

`decide` is a generator: it yields questions about the customer, is sent the answers, and returns
the course. It knows nothing of the customer but the answers, reads no clock and changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never

from keepwarm.engine import timing
from keepwarm.engine.entry import enter
from keepwarm.engine.plan import (
    END,
    START,
    AddPoints,
    At,
    Branch,
    CallWebhook,
    Label,
    MakeOffer,
    Notify,
    OpenTask,
    Pause,
    Plan,
    PlanStep,
    Send,
    SetFacts,
    Split,
    StartOther,
    Stop,
)
from keepwarm.engine.questions import ArmDrawn, GoalReached, TaskEnded
from keepwarm.engine.run import (
    Check,
    Course,
    Deed,
    FactsChanged,
    Memory,
    Mode,
    OfferMade,
    OtherStarted,
    PointsAdded,
    QueueMessage,
    RunStatus,
    TagChanged,
    TaskReassigned,
    TaskWanted,
)
from keepwarm.engine.waiting import wait
from keepwarm.engine.walk import Asking, Walk, holds, zone_of
from keepwarm.schema.words import CatchUp, Channel, Kind

SKIPPED = "skipped"

#: What fell due longer ago than this counts as missed while nothing ran (law 13).
_MISSED_AFTER = timedelta(hours=1)


def decide(
    plan: Plan,
    *,
    status: RunStatus,
    mode: Mode,
    step: int,
    started_at: datetime,
    memory: Memory,
    now: datetime,
    live_since: datetime | None = None,
) -> Asking[Course]:
    """Decide how a run goes on from here, until it waits or ends.

    `live_since` is when the playbook went live; None admits everybody whatever the rollout.
    """
    walk = Walk(plan, now, status, mode, step, started_at, memory)
    if step == START:
        yield from enter(walk, live_since)
    if walk.goes_on:
        yield from _end_early(walk)
    if walk.goes_on:
        yield from _deal_with_late_tasks(walk)
    while walk.goes_on:
        if walk.step == END:
            _complete(walk)
        else:
            yield from _take(walk, plan.steps[walk.step])
    return walk.course()


def _end_early(walk: Walk) -> Asking[None]:
    """End the run when its goal is reached or a reason to stop holds (law 11)."""
    if walk.plan.goal is not None and (yield GoalReached()):
        walk.end(RunStatus.GOAL_REACHED, Deed.GOAL_REACHED, walk.plan.goal.event)
        return
    if walk.plan.stop_if_any is not None:
        stops, checks = yield from holds(walk, walk.plan.stop_if_any)
        if stops:
            walk.end(RunStatus.STOPPED, Deed.STOPPED, checks[-1].fact, checks)


def _complete(walk: Walk) -> None:
    """End the run behind its last step, unless a task's lateness is still to be dealt with."""
    if walk.memory.tasks_due:
        walk.park(min(due for _, due in walk.memory.tasks_due))
    else:
        walk.end(RunStatus.COMPLETED, Deed.COMPLETED, "")


def _take(walk: Walk, step: PlanStep) -> Asking[None]:
    """Take the step the run stands at: skip it, or do it and go on."""
    if walk.memory.waits_since is not None and not isinstance(step, Pause):
        # It was moved here out of a wait that its new version does not have.
        walk.remember(waits_since=None, waits_until=None)
    walk.let_by = []
    if walk.memory.waits_since is None:
        wanted, checks = yield from holds(walk, step.at.only_if)
        if not wanted:
            walk.note(Deed.SKIPPED, "", checks)
            _remember_skipped(walk, step.at)
            walk.step = step.at.then
            return
        walk.let_by = checks
    match step:
        case Pause():
            yield from wait(walk, step)
        case Branch():
            yield from _choose(walk, step)
        case Split():
            yield from _split(walk, step)
        case Stop():
            walk.note(Deed.STOPPED, step.reason)
            walk.step = END
        case OpenTask():
            yield from _open_task(walk, step)
            walk.step = step.at.then
        case _:
            _do(walk, step)
            walk.step = step.at.then


def _remember_skipped(walk: Walk, at: At) -> None:
    if at.name:
        walk.remember(results=(*walk.memory.results, (at.name, SKIPPED)))


def _choose(walk: Walk, step: Branch) -> Asking[None]:
    looked_at: list[Check] = []
    for condition, label, first in step.arms:
        if condition is None:
            walk.note(Deed.TOOK, label, looked_at)
            walk.step = first
            return
        taken, checks = yield from holds(walk, condition)
        looked_at += checks
        if taken:
            walk.note(Deed.TOOK, label, looked_at)
            walk.step = first
            return
    walk.note(Deed.TOOK, "none", looked_at)
    walk.step = step.at.then


def _split(walk: Walk, step: Split) -> Asking[None]:
    ends = tuple(float(end) for end, _, _ in step.arms)
    drawn = yield ArmDrawn(f"split:{walk.plan.playbook}/{step.experiment}", ends)
    _, label, first = step.arms[min(drawn, len(step.arms) - 1)]
    walk.note(Deed.DREW, label)
    walk.step = first


def _do(
    walk: Walk,
    step: Send | Notify | CallWebhook | SetFacts | Label | MakeOffer | AddPoints | StartOther,
) -> None:
    """Do a step that asks nothing."""
    match step:
        case Send():
            _send(walk, step)
        case Notify():
            walk.note(Deed.QUEUED, f"notify {step.channel}")
            walk.carry_out(_notice(walk, step.channel, step.template, part=0))
        case CallWebhook():
            walk.note(Deed.QUEUED, f"webhook {step.endpoint}")
            walk.carry_out(_to_team(walk, Channel.WEBHOOK, step.url, None, part=0))
        case SetFacts():
            walk.note(Deed.CHANGED, ", ".join(f"{k} = {v}" for k, v in step.values))
            walk.carry_out(FactsChanged(walk.step, step.values))
            walk.changed.update(step.values)
        case Label():
            walk.note(Deed.CHANGED, f"{'untagged' if step.remove else 'tagged'} {step.tag}")
            walk.carry_out(TagChanged(walk.step, step.attribute, step.tag, step.remove))
        case MakeOffer():
            _offer(walk, step)
        case AddPoints():
            walk.note(Deed.CHANGED, f"points {step.points:+}")
            walk.carry_out(PointsAdded(walk.step, step.points))
        case StartOther():
            walk.note(Deed.STARTED_OTHER, step.playbook)
            walk.carry_out(OtherStarted(walk.step, step.playbook))
        case _:
            assert_never(step)


def _send(walk: Walk, step: Send) -> None:
    way = step.ways[0]
    if _missed(walk):
        walk.note(Deed.SKIPPED, "fell due while nothing ran")
        _remember_skipped(walk, step.at)
        return
    walk.note(Deed.QUEUED, f"{way.channel} {way.template}")
    if walk.mode is Mode.LIVE:
        walk.effects.append(message_by(walk.plan, walk.step, 0, walk.now, walk.memory))
        walk.remember(after_message=walk.step)


def _missed(walk: Walk) -> bool:
    due = walk.fell_due
    skips = walk.plan.catch_up is CatchUp.SKIP
    return skips and due is not None and walk.now - due > _MISSED_AFTER


def message_by(plan: Plan, step: int, part: int, now: datetime, memory: Memory) -> QueueMessage:
    """Give the message of a send step by one of its ways."""
    send = plan.steps[step]
    assert isinstance(send, Send)  # noqa: S101 - callers hold the index of a send step
    way = send.ways[part]
    zone = timing.zone_named(plan.timezone)
    words = _of_offer(memory)
    if way.survey is not None:
        words.append(("survey", way.survey))
    return QueueMessage(
        step=step,
        part=part,
        channel=way.channel,
        template=way.template,
        kind=way.kind,
        topic=way.topic,
        expires_at=timing.after(now, way.expires, zone) if way.expires else None,
        words=tuple(words),
        at_least_once=way.delivery == "at least once",
    )


def _of_offer(memory: Memory) -> list[tuple[str, str]]:
    """Give what may be said of the offer that was made last."""
    words: list[tuple[str, str]] = []
    if memory.offer is not None:
        words.append(("offer", memory.offer))
    if memory.offer_until is not None:
        words.append(("offer_until", memory.offer_until.isoformat()))
    return words


def _notice(walk: Walk, channel: str, template: str | None, part: int) -> QueueMessage:
    return _to_team(walk, Channel.CHAT, channel, template, part)


def _to_team(
    walk: Walk, channel: Channel, address: str, template: str | None, part: int
) -> QueueMessage:
    return QueueMessage(
        step=walk.step,
        part=part,
        channel=channel,
        template=template,
        kind=Kind.TRANSACTIONAL,
        topic=None,
        expires_at=None,
        address=address,
        words=tuple(_of_offer(walk.memory)),
    )


def _offer(walk: Walk, step: MakeOffer) -> None:
    zone = timing.zone_named(walk.plan.timezone)
    until = timing.after(walk.now, step.expires, zone) if step.expires else None
    walk.note(Deed.OFFERED, step.offer.name)
    walk.remember(offer=step.offer.name, offer_until=until)
    cost = step.offer.costs or Decimal(0)
    walk.carry_out(
        OfferMade(walk.step, step.offer.name, until, cost, step.offer.cost_currency),
    )


# ── Tasks ────────────────────────────────────────────────────────────────────────────────────


def _open_task(walk: Walk, step: OpenTask) -> Asking[None]:
    zone = yield from zone_of(walk)
    team = timing.team_of(walk.plan.teams, step.assignee)
    due = timing.due_for(team, walk.now, step.due, zone) if step.due else None
    walk.note(Deed.TASK_OPENED, f"{step.title}, for {step.assignee}")
    words = tuple(_of_offer(walk.memory))
    wanted = TaskWanted(
        walk.step, step.title, step.assignee, due, step.details, step.outcomes, words
    )
    walk.carry_out(wanted)
    late = step.late
    if due is not None and (late.notify or late.reassign or late.start_playbook):
        walk.remember(tasks_due=(*walk.memory.tasks_due, (walk.step, due)))


def _deal_with_late_tasks(walk: Walk) -> Asking[None]:
    """Do what `if_late` says for every task that is due by now and still open."""
    for index, due in walk.memory.tasks_due:
        ended = (yield TaskEnded(index)) if walk.mode is Mode.LIVE else None
        if ended is None and walk.now < due:
            continue
        left = tuple(task for task in walk.memory.tasks_due if task[0] != index)
        walk.remember(tasks_due=left)
        if ended is None or ended[1] > due:
            _be_late(walk, index)


def _be_late(walk: Walk, index: int) -> None:
    stands_at = walk.step
    step = walk.plan.steps[index]
    assert isinstance(step, OpenTask)  # noqa: S101 - `tasks_due` holds indexes of tasks
    walk.step = index
    walk.note(Deed.TASK_LATE, step.title)
    for part, channel in enumerate(step.late.notify, start=1):
        walk.carry_out(_notice(walk, channel, None, part))
    if step.late.reassign is not None:
        walk.carry_out(TaskReassigned(index, step.late.reassign))
    if step.late.start_playbook is not None:
        walk.carry_out(OtherStarted(index, step.late.start_playbook))
    walk.step = stands_at
