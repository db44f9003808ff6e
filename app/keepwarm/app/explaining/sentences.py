"""What a decision did, in one sentence: said once, and read aloud without stumbling."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, assert_never

from keepwarm.app.moments import said
from keepwarm.engine.drawing import step_sentence
from keepwarm.engine.plan import SETTLE_TIME, START, Branch, Pause, Plan, Send
from keepwarm.engine.run import Decision, Deed, Mode
from keepwarm.engine.waiting import HAPPENED, TIMED_OUT
from keepwarm.schema.phrases import WaitUntilDone, WaitUntilEvent
from keepwarm.schema.playbook import OnDate, OnSchedule, Start, WhenBecomes, WhenCalled, WhenEvent

#: What is only decided, and not carried out, in a run that is not live.
_CARRIED_OUT: Final = frozenset(
    {Deed.QUEUED, Deed.CHANGED, Deed.OFFERED, Deed.TASK_OPENED, Deed.STARTED_OTHER}
)
_TAKEN: Final = {
    "otherwise": "took the way of otherwise",
    "none": "took no way, and went on: none of the conditions held",
}
_CAME: Final = {HAPPENED: "it came", TIMED_OUT: "it did not come in time"}
_DONE: Final = {HAPPENED: "it was done", TIMED_OUT: "it was not done in time"}


def decision_sentence(
    decision: Decision, plan: Plan, mode: str, until: datetime | None, zone: str
) -> str:
    """Say what was decided; `until` is when a wait that begins here ends by the clock."""
    deed = decision.deed.value
    if mode != Mode.LIVE and decision.deed in _CARRIED_OUT:
        deed = f"would have {_PAST[decision.deed]}"
    if not START < decision.step < len(plan.steps):
        return _of_the_run(decision, plan)
    step = plan.steps[decision.step]
    if isinstance(step, Pause) and decision.deed is Deed.WAITS:
        return _waits(step, until, zone)
    if isinstance(step, Pause) and decision.deed is Deed.WAITED:
        ends = _DONE if isinstance(step.wait, WaitUntilDone) else _CAME
        ended = ends.get(decision.detail)
        return f"waited {step.wait}" + (f": {ended}" if ended else "")
    if isinstance(step, Branch) and decision.deed is Deed.TOOK:
        return _TAKEN.get(decision.detail, f"took the way of {decision.detail}")
    if decision.deed is Deed.SKIPPED or (decision.deed is Deed.QUEUED and isinstance(step, Send)):
        what = step_sentence(step)
        return f"{deed}: {what}" + (f", {decision.detail}" if _adds(decision) else "")
    # The others say themselves what they did: `points +100`, `tagged vip`.
    return f"{deed}: {decision.detail or step_sentence(step)}"


_PAST: Final = {
    Deed.QUEUED: "queued",
    Deed.CHANGED: "changed",
    Deed.OFFERED: "offered",
    Deed.TASK_OPENED: "opened a task",
    Deed.STARTED_OTHER: "started another playbook",
}


def _adds(decision: Decision) -> bool:
    """Tell whether the detail says more than the step: a queued message's names only itself."""
    return decision.deed is Deed.SKIPPED and bool(decision.detail)


def _of_the_run(decision: Decision, plan: Plan) -> str:
    match decision.deed:
        case Deed.ENTERED:
            return f"entered: {_came(plan.start)}"
        case Deed.HELD_OUT:
            share = f"{float(plan.holdout * 100):g}%"
            return f"held out: {_came(plan.start)}, and {share} are never contacted"
        case Deed.GOAL_REACHED:
            return f"goal reached: {decision.detail} came"
        case deed:
            return f"{deed}: {decision.detail}" if decision.detail else str(deed)


def settling_sentence(start: Start) -> str:
    """Say what a run waits for in which nothing was decided yet."""
    match start:
        case WhenEvent(event=event, and_then_no=str(missing), quiet_for=length):
            return f"{event} came; they enter if no {missing} comes for {length}"
        case WhenEvent(event=event):
            minutes = SETTLE_TIME // timedelta(minutes=1)
            return f"{event} came; they enter if the conditions hold within {minutes} minutes"
        case _:
            return f"{_came(start)}; whether they enter is decided next"


def _came(start: Start) -> str:
    """Say what let the customer in."""
    match start:
        case WhenEvent(event=event, and_then_no=None):
            return f"{event} came"
        case WhenEvent(event=event, and_then_no=missing, quiet_for=length):
            return f"{event} came, and no {missing} for {length}"
        case OnSchedule(schedule=schedule):
            return f"it was time, every {schedule}"
        case OnDate(attribute=attribute, offset=None):
            return f"it was {attribute}"
        case OnDate(attribute=attribute, offset=offset, before=before):
            return f"it was {offset} {'before' if before else 'after'} {attribute}"
        case WhenBecomes():
            return "the customer started to match"
        case WhenCalled():
            return "another playbook called"
        case _:
            assert_never(start)


def _waits(step: Pause, until: datetime | None, zone: str) -> str:
    wait = str(step.wait)
    if until is None:
        return f"waits {wait}"
    moment = said(until, zone)
    if isinstance(step.wait, WaitUntilEvent | WaitUntilDone):
        return f"waits {wait}: {moment} at the latest"
    between = ": " if wait.startswith("until") else ", until "
    return f"waits {wait}{between}{moment}"
