"""Crashes: runs whose process died are found and said to have crashed, here and elsewhere."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.states import Crashed

from keepwarm.flows.prefect.deployments import TAG
from keepwarm.flows.prefect.worker import on_tag

_OPEN: Final = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
_PAGE: Final = 200
_ZOMBIES: Final = "Keepwarm: a run whose worker fell silent has crashed"
#: Three heartbeats.
_SILENT_FOR: Final = timedelta(seconds=90)


async def mark_crashed(client: PrefectClient, worker: str) -> int:
    """Say of runs that they crashed whose worker on this machine is no more; give how many.

    Their work is not lost: rows that were not finished are due, and are taken up by the next run.
    """
    marked = 0
    for run in await _open_runs(client):
        if _is_left_over(run, worker):
            state: State[Any] = Crashed(
                message="The worker's process ended. Open work is taken up again."
            )
            await client.set_flow_run_state(run.id, state, force=True)
            marked += 1
    return marked


async def _open_runs(client: PrefectClient) -> list[FlowRun]:
    found: list[FlowRun] = []
    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(_OPEN))),
    )
    while True:
        page = await client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return found


def _is_left_over(run: FlowRun, worker: str) -> bool:
    """Tell whether the run was a worker's of this machine whose process is gone."""
    machine, _, _ = worker.rpartition("-")
    for tag in run.tags:
        where, _, pid = tag.rpartition("-")
        if where == on_tag(machine) and pid.isdigit():
            return tag == on_tag(worker) or not _is_alive(int(pid))
    return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def watch_for_zombies(client: PrefectClient) -> None:
    """See to it that Prefect notices runs whose machine fell silent, by their heartbeats."""
    if await client.read_automations_by_name(_ZOMBIES):
        return
    ends = ("Completed", "Failed", "Cancelled", "Crashed")
    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in ends)},
        match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=_SILENT_FOR,
    )
    action = ChangeFlowRunState(state=StateType.CRASHED, message="Its worker fell silent.")
    automation = AutomationCore(name=_ZOMBIES, trigger=trigger, actions=[action])
    await client.create_automation(automation)
