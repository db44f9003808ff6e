"""The warm worker: a Prefect worker type whose runs execute in its own warm process.

A process for each run costs seconds; here a run starts in tenths of one. It is an ordinary worker
on an ordinary work pool otherwise: start more of them, on this machine or others, on the same
database, and they share the work.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from typing import Any, cast

import anyio.abc
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow
from prefect.flows import Flow
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

from keepwarm.flows.prefect.deployments import TYPE
from keepwarm.flows.prefect.playbook_run import run_playbook
from keepwarm.flows.prefect.pull_run import pull_source
from keepwarm.flows.prefect.syncing import sync
from keepwarm.flows.prefect.workshop import workshop

_log = logging.getLogger(__name__)


class WarmResult(BaseWorkerResult):
    """What a warm worker says of a run: it ended, however it ended."""


class WarmWorker(BaseWorker[BaseJobConfiguration, BaseVariables, WarmResult]):
    """Runs playbooks in this process."""

    type = TYPE
    job_configuration = BaseJobConfiguration
    _description = (
        "Runs playbooks in a process that stays warm: a run starts in tenths of a second."
    )
    _display_name = "Keepwarm"

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> WarmResult:
        """Run the flow here and now."""
        del configuration
        if task_status is not None:
            task_status.started(1)
        await self._say_where(flow_run)
        await execute(flow_run)
        return WarmResult(identifier=str(flow_run.id), status_code=0)

    async def _say_where(self, flow_run: FlowRun) -> None:
        """Note on the run which worker has it, so that it is found again after a crash."""
        try:
            tags = {*flow_run.tags, on_tag(workshop().system.worker)}
            await self.client.update_flow_run(flow_run.id, tags=tags)
        except Exception:  # noqa: BLE001 - the run matters more than its tag
            _log.warning("run %s could not be tagged", flow_run.id)


def on_tag(worker: str) -> str:
    """Give the tag of the runs that a worker executes."""
    return f"on:{worker}"


async def execute(flow_run: FlowRun) -> None:
    """Run a flow run in this event loop: a playbook's, that of a provider, or the one that syncs.

    Without its deployment's id the engine opens no websocket to watch for suspension, which costs
    a tenth of a second; the server's row keeps the deployment, so the UI groups the run under it.
    """
    known: dict[str, Any] = dict(flow_run.parameters)
    going = run_flow(
        _flow_with(known),
        flow_run=flow_run.model_copy(update={"deployment_id": None}),
        parameters=known,
        return_type="state",
    )
    await cast("Awaitable[State[Any]]", going)  # the flow is asynchronous


def _flow_with(parameters: Mapping[str, Any]) -> Flow[..., Any]:
    """Give the one of our flows that takes these parameters."""
    if "playbook" in parameters:
        return run_playbook
    return pull_source if "source" in parameters else sync
