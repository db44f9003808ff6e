"""Waits: when one begins, when it ends, and what ended it (laws 7, 10, 12, 13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from keepwarm.engine import timing
from keepwarm.engine.due_dates import day_of
from keepwarm.engine.plan import Pause
from keepwarm.engine.questions import DateOf, HappenedBy, MessageEnded, TaskEnded
from keepwarm.engine.run import Deed, RunStatus
from keepwarm.engine.walk import Asking, Walk, zone_of
from keepwarm.schema.phrases import (
    WaitFor,
    WaitUntilDate,
    WaitUntilDay,
    WaitUntilDone,
    WaitUntilEvent,
    WaitUntilTime,
    WaitUntilWeekday,
)

#: An event dated before a deadline still wins when it arrives this much after it (law 10).
ALLOWED_LATENESS = timedelta(seconds=30)

#: How soon and how late to look again for the end of a message that a wait depends on. It mostly
#: ends within seconds, and what ends one later wakes its run: the later looks repair lost wake-ups.
_SOONEST_LOOK = timedelta(minutes=1)
_LATEST_LOOK = timedelta(hours=1)

#: The waits that the clock ends; the others become `WaitFor` with their longest time.
ByClock: TypeAlias = WaitFor | WaitUntilDay | WaitUntilTime | WaitUntilWeekday | WaitUntilDate

HAPPENED = "happened"
TIMED_OUT = "timed out"


def wait(walk: Walk, step: Pause) -> Asking[None]:
    """Begin the wait, go on with it, or end it."""
    since = walk.now if walk.memory.waits_since is None else walk.memory.waits_since
    if walk.memory.after_message is not None:
        ended = yield MessageEnded(walk.memory.after_message)
        if ended is not None:
            # One that ended before the run came here does not move the wait's start back.
            since = max(since, ended[1])
            walk.remember(after_message=None)
    walk.remember(waits_since=since)
    match step.wait:
        case WaitUntilEvent(event, at_most):
            yield from _for_event(
                walk, step, event, (yield from _end(walk, WaitFor(at_most), since))
            )
        case WaitUntilDone(_, at_most):
            yield from _for_task(walk, step, (yield from _end(walk, WaitFor(at_most), since)))
        case WaitFor() | WaitUntilDay() | WaitUntilTime() | WaitUntilWeekday() | WaitUntilDate():
            _until(walk, (yield from _end(walk, step.wait, since)))
        case _:
            assert_never(step.wait)


def _end(walk: Walk, what: ByClock, since: datetime) -> Asking[datetime | None]:
    """Give when the wait ends by the clock; None when the run cannot know, and was stopped."""
    zone = yield from zone_of(walk)
    match what:
        case WaitFor(length):
            return timing.after(since, length, zone)
        case WaitUntilDay(day):
            local = walk.started_at.astimezone(zone)
            then = local.date() + timedelta(days=day)
            return max(since, timing.local_moment(then, local.time(), zone))
        case WaitUntilTime(clock):
            return timing.next_time(since, clock, zone)
        case WaitUntilWeekday(weekday, clock):
            return timing.next_weekday(since, weekday.number, clock, zone)
        case WaitUntilDate():
            return (yield from _end_at_date(walk, what, since))
        case _:
            assert_never(what)


def _end_at_date(walk: Walk, what: WaitUntilDate, since: datetime) -> Asking[datetime | None]:
    """Give the moment so long before or after the customer's date, at the run's own clock time."""
    zone = yield from zone_of(walk)
    text = yield from _date_of(walk, what.attribute)
    day = None if text is None else day_of(text, zone.key)
    if day is None:
        reason = f"{what.attribute} is not known, so the wait for it cannot end"
        walk.end(RunStatus.STOPPED, Deed.STOPPED, reason)
        return None
    if what.offset is not None:
        day = timing.shifted_day(day, what.offset, sign=-1 if what.before else 1)
    clock = walk.started_at.astimezone(zone).time()
    return max(since, timing.local_moment(day, clock, zone))


def _date_of(walk: Walk, attribute: str) -> Asking[str | None]:
    """Give the customer's date, as this advance itself may have written it."""
    written = walk.changed.get(attribute)
    if isinstance(written, str):
        return written
    text: str | None = yield DateOf(attribute)
    return text


def _until(walk: Walk, end: datetime | None) -> None:
    if end is None:
        return
    if walk.memory.after_message is not None:
        _wait_for_message(walk, end)
    elif walk.now < end:
        _stay(walk, end, end)
    else:
        _over(walk, end, "")


def _wait_for_message(walk: Walk, end: datetime) -> None:
    """Stay while the message before has not come to an end: the wait has not begun (law 12).

    It usually ends within moments, so the run looks again when the wait would be over if it had.
    """
    assert walk.memory.waits_since is not None  # noqa: S101 - set as the wait began
    so_far = walk.now - walk.memory.waits_since
    again = walk.now + min(max(so_far, _SOONEST_LOOK), _LATEST_LOOK)
    _stay(walk, end, end if walk.now < end else again)


def _for_event(walk: Walk, step: Pause, event: str, deadline: datetime | None) -> Asking[None]:
    if deadline is None:
        return
    if (yield HappenedBy(event, step.where, deadline, step.same)):
        _over(walk, walk.now, HAPPENED)
    elif walk.memory.after_message is not None:
        _wait_for_message(walk, deadline)
    elif walk.now < deadline + ALLOWED_LATENESS:
        _stay(walk, deadline, deadline + ALLOWED_LATENESS)
    else:
        _over(walk, deadline, TIMED_OUT)


def _for_task(walk: Walk, step: Pause, deadline: datetime | None) -> Asking[None]:
    if deadline is None:
        return
    assert step.task is not None  # noqa: S101 - compiling finds the task
    ended = yield TaskEnded(step.task)
    if ended is not None and ended[1] <= deadline:
        _over(walk, walk.now, HAPPENED)
    elif walk.now < deadline:
        _stay(walk, deadline, deadline)
    else:
        _over(walk, deadline, TIMED_OUT)


def _stay(walk: Walk, end: datetime, look_at: datetime) -> None:
    if walk.memory.waits_until is None:
        walk.note(Deed.WAITS, str(_pause(walk).wait))
    walk.remember(waits_until=end)
    walk.park(look_at)


def _over(walk: Walk, end: datetime, result: str) -> None:
    at = _pause(walk).at
    walk.note(Deed.WAITED, result)
    if result and at.name:
        walk.remember(results=(*walk.memory.results, (at.name, result)))
    # What ended it may have come before the message was sent: the next wait then begins with that.
    walk.remember(waits_since=None, waits_until=None)
    walk.fell_due = min(end, walk.now)
    walk.step = at.then


def _pause(walk: Walk) -> Pause:
    step = walk.plan.steps[walk.step]
    assert isinstance(step, Pause)  # noqa: S101 - only a wait is waited at
    return step
