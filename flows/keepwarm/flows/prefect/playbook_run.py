"""The flow behind every playbook's deployment: one run is one batch of work, or a busy while.

A run does what is due, then stays open for a moment and takes what arrives meanwhile, so that a
busy playbook answers an event without a call to Prefect on the way. It carries counts and
identifiers only: Prefect never sees a name, an address or a message.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any, Final

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, StateType
from prefect.runtime import flow_run as current
from prefect.states import Cancelled, Completed, Failed

from keepwarm.flows.prefect.artifacts import leave_artifacts
from keepwarm.flows.prefect.wakeups import plan_wake_up
from keepwarm.flows.prefect.workshop import Workshop, workshop
from keepwarm.flows.rounds import work_parts
from keepwarm.flows.tally import Tally

#: Why a run begins that must not lose a moment.
AN_EVENT: Final = "an event arrived"
#: How long a run stays open after the last thing that happened.
LINGER = timedelta(seconds=1)
#: How long one run stays open at most, however busy: its counts should show in the UI.
OPEN_AT_MOST = timedelta(seconds=15)
#: How often a long run looks whether somebody cancelled it.
LOOK_FOR_CANCEL = timedelta(seconds=2)
#: How long it waits to be told: the work stands still meanwhile.
TOLD_WITHIN = timedelta(seconds=1)
#: How long this process leaves a playbook alone whose run was cancelled.
REST_AFTER_CANCEL = timedelta(minutes=5)


@flow(name="playbook", validate_parameters=False, persist_result=False, log_prints=False)
async def run_playbook(playbook: str, because: str = "somebody asked") -> State[Any]:
    """Do what is due on one playbook, and stay open for what arrives meanwhile."""
    shop = workshop()
    shift = _Shift(shop, playbook)
    with shop.working_on(playbook) as bell:
        if bell is None:
            shop.ring(playbook)
            await _rename(shop, f"{playbook}: joined the run that was open")
            return Completed(name="Joined", message="Another run of this playbook does the work.")
        get_run_logger().info("Working on %s: %s", playbook, because)
        await _work(shift, bell, is_urgent=because == AN_EVENT)
    if shift.was_cancelled:
        return _cancelled(shop, playbook, shift.total)
    await _sum_up(shift)
    return _end_state(shift.total)


class _Shift:
    """One run at work: what it did so far. Not a dataclass, since Prefect takes those apart."""

    def __init__(self, shop: Workshop, playbook: str) -> None:
        self.shop = shop
        self.playbook = playbook
        self.total = Tally()
        self.was_cancelled = False
        self.watch = _CancelWatch(shop)

    async def work(self) -> None:
        """Do everything that is due, with a log line for each part that did something."""
        log = get_run_logger()
        async for tally in work_parts(self.shop.system, self.playbook):
            self.total.add(tally)
            if not tally.is_idle:
                log.info(tally.sentence())
            self.was_cancelled = await self.watch.was_cancelled()
            if self.was_cancelled or self.shop.closing:
                break


async def _work(shift: _Shift, bell: asyncio.Event, *, is_urgent: bool) -> None:
    """Work until nothing has come for a moment, the run is long enough, or it is cancelled."""
    opened = time.monotonic()
    if is_urgent:  # a task of its own would cost some tens of milliseconds first
        await shift.work()
    else:
        await _first_round(shift)
    while not (shift.was_cancelled or shift.shop.closing):
        if time.monotonic() - opened > OPEN_AT_MOST.total_seconds() or not await _rung(bell):
            break
        await shift.work()


@task(name="work", task_run_name="enter, advance and send", cache_policy=NO_CACHE)
async def _first_round(shift: _Shift) -> None:
    """Do everything that is due now; a task, so that Prefect's timeline shows its length."""
    await shift.work()


async def _rung(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), LINGER.total_seconds())
    except TimeoutError:
        return False
    bell.clear()
    return True


class _CancelWatch:
    """Looks now and then whether somebody cancelled the run: Prefect cannot interrupt it."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._run_id = current.id
        self._looked = time.monotonic()

    async def was_cancelled(self) -> bool:
        if time.monotonic() - self._looked < LOOK_FOR_CANCEL.total_seconds():
            return False
        self._looked = time.monotonic()
        try:
            async with asyncio.timeout(TOLD_WITHIN.total_seconds()), self._shop.client() as client:
                run = await client.read_flow_run(self._run_id)
        except Exception:  # noqa: BLE001 - whoever cannot ask goes on
            return False
        kinds = (StateType.CANCELLING, StateType.CANCELLED)
        return run.state is not None and run.state.type in kinds


@task(name="sum up", cache_policy=NO_CACHE)
async def _sum_up(shift: _Shift) -> None:
    """Name the run after what it did, leave its artifacts, and plan the next wake-up."""
    shop, playbook, total = shift.shop, shift.playbook, shift.total
    async with shop.client() as client:
        await client.update_flow_run(current.id, name=run_name(playbook, total))
        if not total.is_idle:
            await leave_artifacts(shop, playbook, total)
        await plan_wake_up(client, shop, playbook)


async def _rename(shop: Workshop, name: str) -> None:
    async with shop.client() as client:
        await client.update_flow_run(current.id, name=name)


def run_name(playbook: str, total: Tally) -> str:
    """Name a run after what it did: lists in Prefect's pages show names, not messages."""
    return f"{playbook}: {total.sentence()}"[:250]


def _cancelled(shop: Workshop, playbook: str, total: Tally) -> State[Any]:
    until = shop.let_rest(playbook, REST_AFTER_CANCEL)
    return Cancelled(
        message=f"Cancelled between two batches: {total.sentence()}. This worker leaves the"
        f" playbook alone until {until:%H:%M} UTC; to stop it, pause it."
    )


def _end_state(total: Tally) -> State[Any]:
    if total.refused:
        return Failed(name="Refused", message=total.sentence())
    if total.needs_attention:
        return Completed(name="Needs attention", message=total.sentence())
    if total.is_idle:
        return Completed(name="Nothing due", message="Nothing was due.")
    return Completed(message=total.sentence())
