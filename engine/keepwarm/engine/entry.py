"""Getting in: settling, quiet time after an event, rollout and holdout."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from keepwarm.engine.plan import SETTLE_TIME, Plan
from keepwarm.engine.questions import ArmDrawn, HappenedBy, LastHappened
from keepwarm.engine.run import Check, Deed, Mode, RunStatus
from keepwarm.engine.timing import after, zone_named
from keepwarm.engine.walk import Asking, Walk, holds
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.phrases import Stage
from keepwarm.schema.playbook import WhenEvent

#: How long after a try the conditions of a settling run are asked again.
_TRY_AGAIN = timedelta(seconds=15)


def holdout_salt(plan: Plan) -> str:
    """Give what the holdout's draw is salted with."""
    return f"holdout:{plan.playbook}"


def rollout_salt(plan: Plan) -> str:
    """Give what the rollout's draw is salted with."""
    return f"rollout:{plan.playbook}"


def rollout_share(stages: tuple[Stage, ...], live_since: datetime, now: datetime) -> Decimal:
    """Give the share of customers that the rollout admits by now; 1 without a rollout.

    The last stage stands for good, whether or not it says how long.
    """
    begins = live_since
    for stage in stages[:-1]:
        ends = begins if stage.length is None else after(begins, stage.length, zone_named("UTC"))
        if now < ends:
            return stage.share.fraction
        begins = ends
    return stages[-1].share.fraction if stages else Decimal(1)


def next_stage(stages: tuple[Stage, ...], live_since: datetime, now: datetime) -> datetime | None:
    """Give when the rollout's next stage begins; None when it stands at the last."""
    ends = live_since
    for stage in stages[:-1]:
        if stage.length is not None:
            ends = after(ends, stage.length, zone_named("UTC"))
        if now < ends:
            return ends
    return None


def enter(walk: Walk, live_since: datetime | None) -> Asking[None]:
    """Let the customer in, turn them away, or leave them settling for a while."""
    start = walk.plan.start
    if isinstance(start, WhenEvent) and start.and_then_no is not None:
        still_quiet = yield from _quiet_time_passed(walk, start)
        if not still_quiet:
            return
    met, checks = yield from _conditions_met(walk)
    if not met:
        _settle_or_turn_away(walk, checks)
        return
    if not (yield from _admitted(walk, live_since)):
        walk.end(RunStatus.TURNED_AWAY, Deed.TURNED_AWAY, "the rollout has not come to them yet")
        return
    walk.status = RunStatus.ACTIVE
    walk.due_at = None
    held_out = yield from _drawn(holdout_salt(walk.plan), walk.plan.holdout)
    if held_out:
        walk.mode = Mode.HOLDOUT
        walk.note_run(Deed.HELD_OUT, f"in the holdout of {float(walk.plan.holdout):.4g}", checks)
    else:
        walk.note_run(Deed.ENTERED, "", checks)
    walk.step = walk.plan.first


def _quiet_time_passed(walk: Walk, start: WhenEvent) -> Asking[bool]:
    """Tell whether `and_then_no` kept away long enough; else park, or turn away for good."""
    assert start.and_then_no is not None  # noqa: S101 - the caller asked
    assert start.quiet_for is not None  # noqa: S101 - the reader demands it beside `and_then_no`
    last = yield LastHappened(start.event, start.same)
    began = max(walk.started_at, last) if last else walk.started_at
    until = after(began, start.quiet_for, zone_named(walk.plan.timezone))
    if (yield HappenedBy(start.and_then_no, ALWAYS, until, start.same)):
        walk.end(RunStatus.TURNED_AWAY, Deed.TURNED_AWAY, f"{start.and_then_no} came")
        return False
    if walk.now < until:
        walk.park(until)
        return False
    return True


def _conditions_met(walk: Walk) -> Asking[tuple[bool, list[Check]]]:
    start = walk.plan.start
    checks: list[Check] = []
    if isinstance(start, WhenEvent):
        met, checks = yield from holds(walk, start.where, of_trigger=True)
        if not met:
            return False, checks
    met, more = yield from holds(walk, walk.plan.only_if)
    return met, checks + more


def _settle_or_turn_away(walk: Walk, checks: list[Check]) -> None:
    """Try again for the settle time: the profile may arrive after the event (law 4)."""
    settles_until = walk.started_at + SETTLE_TIME
    if walk.status is RunStatus.SETTLING and walk.now < settles_until:
        walk.park(min(walk.now + _TRY_AGAIN, settles_until))
    else:
        walk.end(RunStatus.TURNED_AWAY, Deed.TURNED_AWAY, "the conditions do not hold", checks)


def _admitted(walk: Walk, live_since: datetime | None) -> Asking[bool]:
    if live_since is None:
        return True
    share = rollout_share(walk.plan.rollout, live_since, walk.now)
    return share >= 1 or (yield from _drawn(rollout_salt(walk.plan), share))


def _drawn(salt: str, share: Decimal) -> Asking[bool]:
    if share <= 0:
        return False
    arm = yield ArmDrawn(salt, (float(share),))
    return bool(arm == 0)
