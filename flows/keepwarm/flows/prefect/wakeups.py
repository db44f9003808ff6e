"""Wake-ups: one scheduled run a playbook, at the next moment that anything of it is due.

They are what the UI shows as "next". Rows hold the timers; a wake-up that is lost costs lateness
and nothing else, and the sweep repairs it.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled

from keepwarm.flows.due import next_due
from keepwarm.flows.prefect.creating import create_run
from keepwarm.flows.prefect.deployments import deployment_id
from keepwarm.flows.prefect.workshop import Workshop

TAG: Final = "wake-up"
#: What is due so soon needs no scheduled run.
_SOON: Final = timedelta(seconds=10)


async def plan_wake_up(client: PrefectClient, shop: Workshop, playbook: str) -> None:
    """See to it that a run of the playbook is scheduled for when something is due next.

    What is overdue already gets none: the sweep looks after it, and does not go round in circles.
    """
    due = await asyncio.to_thread(next_due, shop.system, playbook)
    # Rounded up, so that nothing is quite due when the run looks.
    when = None if due is None else due.replace(microsecond=0) + timedelta(seconds=1)
    now = shop.system.clock()
    if due is not None and now < due <= now + _SOON and shop.on_missed is not None:
        # A run in Prefect is not worth its while: this process looks again by itself.
        wait = (due - now).total_seconds()
        asyncio.get_running_loop().call_later(wait, shop.on_missed, playbook)
        return
    if when is not None and when <= now:
        when = None
    if when == shop.wake_ups.get(playbook):
        return
    deployment = await deployment_id(client, shop, playbook)
    if deployment is None:
        return
    is_there = False
    for run in await _pending(client, deployment):
        if run.expected_start_time == when:
            is_there = True
        elif run.expected_start_time is not None and run.expected_start_time > now:
            with contextlib.suppress(ObjectNotFound):
                await client.delete_flow_run(run.id)
    shop.wake_ups.pop(playbook, None)
    if when is not None:
        if not is_there:
            await _schedule(client, deployment, playbook, when)
        shop.wake_ups[playbook] = when


async def _pending(client: PrefectClient, deployment: UUID) -> list[FlowRun]:
    return await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[TAG]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        ),
    )


async def _schedule(client: PrefectClient, deployment: UUID, playbook: str, when: datetime) -> None:
    await create_run(
        client,
        deployment,
        name=f"{playbook}: next wake-up",
        parameters={"playbook": playbook, "because": "something is due"},
        state=Scheduled(scheduled_time=when),
        tags=[TAG],
    )
