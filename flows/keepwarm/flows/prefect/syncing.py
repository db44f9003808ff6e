"""Syncing on request: for those who have a Prefect server, and deploy from `prefect.yaml`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.states import Completed

from keepwarm.flows.prefect.deployments import TYPE, WORK_POOL, Synced, sync_deployments
from keepwarm.flows.prefect.workshop import workshop
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.store.holds import EVERYTHING, HoldKind, holds


@flow(name="keepwarm-sync", persist_result=False)
async def sync(work_pool: str = WORK_POOL) -> State[Any]:
    """Bring the deployments into step with the playbooks that are live."""
    synced = await bring_into_step(work_pool)
    get_run_logger().info(said(synced))
    return Completed(message=said(synced))


def register(work_pool: str = WORK_POOL) -> dict[str, Any]:
    """Bring the deployments into step, as a step of `prefect deploy`; gives what it came to."""
    synced = asyncio.run(bring_into_step(work_pool))
    return {"added": synced.added, "changed": synced.changed, "removed": synced.removed}


async def bring_into_step(work_pool: str) -> Synced:
    """Make the work pool if there is none, and a deployment a live playbook."""
    live, held = await asyncio.to_thread(live_and_held, workshop().system)
    async with get_client() as client:
        await make_work_pool(client, work_pool)
        return await sync_deployments(client, live, held, work_pool)


async def make_work_pool(client: PrefectClient, name: str) -> None:
    """Make the work pool if there is none, and wait until the server's other answers know of it."""
    with contextlib.suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name=name, type=TYPE))
    for _ in range(20):
        try:
            await client.read_work_pool(name)
        except ObjectNotFound:
            await asyncio.sleep(0.1)
        else:
            return


def live_and_held(system: System) -> tuple[dict[str, Live], frozenset[str]]:
    """Give the playbooks that are live, and the names of those that are paused."""
    with system.database.reading() as cx:
        live = dict(system.shelf.live(cx))
        held = {name for name, hold in holds(cx).items() if hold.kind is HoldKind.PAUSE}
    return live, frozenset(live if EVERYTHING in held else held)


def said(synced: Synced) -> str:
    """Say what syncing came to."""
    parts = (
        f"{len(names)} {what}: {', '.join(names)}"
        for what, names in (
            ("added", synced.added),
            ("changed", synced.changed),
            ("removed", synced.removed),
        )
        if names
    )
    return "; ".join(parts) or "everything was in step"
