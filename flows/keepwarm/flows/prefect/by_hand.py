"""Running a playbook's deployment as a person does in Prefect's pages, and waiting for its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from keepwarm.flows.prefect.creating import create_run
from keepwarm.flows.prefect.deployments import ours

_LOOK_EVERY_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended, or that it goes on."""

    name: str
    #: `Completed`, `Refused`, `Failed` …; `Running`, or `Pending`, when it did not end in time.
    state: str
    message: str
    #: Its page, as a path in Prefect's pages.
    path: str


def run_by_hand(playbook: str, within_seconds: float) -> Ran | None:
    """Run a playbook's deployment and wait for its end; None when it has no deployment."""
    return asyncio.run(_run(playbook, within_seconds))


async def _run(playbook: str, within_seconds: float) -> Ran | None:
    async with get_client() as client:
        deployment = next((each for each in await ours(client) if each.name == playbook), None)
        if deployment is None:
            return None
        run = await create_run(
            client,
            deployment.id,
            name=f"{playbook}: started by hand",
            parameters={"playbook": playbook, "because": "somebody started it"},
            state=Scheduled(),
        )
        until = asyncio.get_running_loop().time() + within_seconds
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            run = await client.read_flow_run(run.id)
            if run.state is not None and run.state.is_final():
                break
        state = run.state
        return Ran(
            name=run.name,
            state="Pending" if state is None else state.name or str(state.type),
            message="" if state is None else state.message or "",
            path=f"/runs/flow-run/{run.id}",
        )
