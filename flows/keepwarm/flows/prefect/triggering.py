"""Triggered runs: created and executed in this process, because an event will not wait."""

from __future__ import annotations

import asyncio
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending

from keepwarm.flows.prefect.creating import create_run
from keepwarm.flows.prefect.deployments import deployment_id
from keepwarm.flows.prefect.worker import execute, on_tag
from keepwarm.flows.prefect.workshop import Workshop


class NoDeployment(Exception):  # noqa: N818 - named for what happened, as elsewhere
    """The playbook has no deployment in Prefect, as long as nobody has synced it."""


async def start_run(shop: Workshop, playbook: str, because: str, turn: asyncio.Lock) -> None:
    """Create a run of the playbook's deployment and execute it here.

    `turn` lets those who create runs go one after another: Prefect's SQLite takes one writer.

    Raises:
        NoDeployment: there is none to run.
    """
    async with turn:
        flow_run = await _create(shop, playbook, because)
    await execute(flow_run)


async def _create(shop: Workshop, playbook: str, because: str) -> FlowRun:
    async with shop.client() as client:
        for _ in range(2):
            deployment: UUID | None = await deployment_id(client, shop, playbook)
            if deployment is None:
                break
            try:
                return await create_run(
                    client,
                    deployment,
                    name=f"{playbook}: at work",
                    parameters={"playbook": playbook, "because": because},
                    state=Pending(),
                    tags=[on_tag(shop.system.worker)],
                )
            except ObjectNotFound:
                # Deleted since we asked: another process may have made it anew.
                shop.deployments.pop(playbook, None)
    raise NoDeployment(playbook)
