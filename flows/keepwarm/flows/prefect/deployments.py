"""Deployments: one for each playbook that is live, kept in step with what is released."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse

from keepwarm.flows.prefect.describing import description, parameters_of, schedule_of, tags_of
from keepwarm.flows.prefect.workshop import Workshop
from keepwarm.flows.shelf import Live
from keepwarm.schema.words import PlaybookStatus

#: What all our deployments carry, and nobody else's.
TAG: Final = "keepwarm"
#: The work pool of our workers, and their type.
WORK_POOL: Final = "keepwarm"
TYPE: Final = "keepwarm"
#: What a deployment carries that we paused; one paused without it was paused in Prefect's pages.
ON_HOLD: Final = "on hold"
#: Where a run finds its flow, for Prefect's own workers.
ENTRYPOINT: Final = "keepwarm.app.prefect_entry.run_playbook"
#: By this name a deployment's schedule is found again.
_SLUG: Final = "keepwarm"
#: How many deployments one page of the server's answer holds at most.
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Synced:
    """What bringing deployments into step came to: names of playbooks."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


async def sync_deployments(
    client: PrefectClient, live: Mapping[str, Live], paused: frozenset[str], work_pool: str
) -> Synced:
    """Make one deployment a live playbook, and take away those of playbooks that are gone.

    What has not changed is not touched. A playbook that is paused is a paused deployment; one
    that somebody paused in Prefect's own pages stays so.
    """
    there = {each.name: each for each in await ours(client)}
    added: list[str] = []
    changed: list[str] = []
    for name, playbook in sorted(live.items()):
        known = there.pop(name, None)
        is_paused = name in paused or playbook.plan.status is PlaybookStatus.PAUSED
        version = _version(playbook, is_paused=is_paused)
        if known is not None and known.version == version:
            continue
        if known is not None and not await _is_of_flow(client, known, playbook.plan.title):
            # A deployment cannot change its flow, which is what its row in the pages is named by.
            await _delete(client, known)
            known = None
        await _put(client, _Wanted(name, playbook, version, is_paused, work_pool), known)
        (added if known is None else changed).append(name)
    for gone in there.values():
        await _delete(client, gone)
    return Synced(tuple(added), tuple(changed), tuple(sorted(there)))


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    live: Live
    version: str
    is_paused: bool
    work_pool: str


def _version(live: Live, *, is_paused: bool) -> str:
    """Name what a deployment is made from: the playbook's version and this way of showing it."""
    plan = live.plan
    said = (description(plan, live.number), repr(schedule_of(plan)), *tags_of(plan))
    shown = "\n".join((*said, ENTRYPOINT, str(is_paused)))
    return f"{live.number}-{hashlib.sha256(shown.encode()).hexdigest()[:8]}"


async def ours(client: PrefectClient) -> list[DeploymentResponse]:
    """Give the deployments of playbooks, however many there are."""
    found: list[DeploymentResponse] = []
    only_ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    while True:
        page = await client.read_deployments(
            deployment_filter=only_ours, limit=_PAGE, offset=len(found)
        )
        found += page
        if len(page) < _PAGE:
            return found


async def _is_of_flow(client: PrefectClient, known: DeploymentResponse, title: str) -> bool:
    return (await client.read_flow(known.flow_id)).name == title


async def _put(client: PrefectClient, wanted: _Wanted, known: DeploymentResponse | None) -> UUID:
    """Make the deployment, or change it to what the playbook now says."""
    plan = wanted.live.plan
    by_somebody = known is not None and known.paused and ON_HOLD not in known.tags
    held = [ON_HOLD] if wanted.is_paused else []
    return await client.create_deployment(
        flow_id=await client.create_flow_from_name(plan.title),
        name=wanted.name,
        version=wanted.version,
        description=description(plan, wanted.live.number),
        tags=[TAG, *tags_of(plan), *held],
        parameters=parameters_of(wanted.name),
        schedules=await _schedules(client, wanted, known),
        paused=wanted.is_paused or by_somebody,
        work_pool_name=wanted.work_pool,
        entrypoint=ENTRYPOINT,
        enforce_parameter_schema=False,
        parameter_openapi_schema=_PARAMETERS,
    )


#: What the page that starts a run by hand asks for.
_PARAMETERS: Final = {
    "title": "Parameters",
    "type": "object",
    "properties": {
        "playbook": {"title": "playbook", "type": "string", "position": 0},
        "because": {"title": "because", "type": "string", "position": 1},
    },
}


async def _schedules(
    client: PrefectClient, wanted: _Wanted, known: DeploymentResponse | None
) -> list[DeploymentScheduleCreate]:
    """Give the schedules to set; one that was switched off in Prefect's pages stays off."""
    there = known.schedules if known is not None else []
    schedule = schedule_of(wanted.live.plan)
    is_active = all(old.active for old in there)
    if known is not None:
        # What the playbook no longer says would stay otherwise.
        for old in there:
            await client.delete_deployment_schedule(known.id, old.id)
    if schedule is None:
        return []
    return [DeploymentScheduleCreate(schedule=schedule, active=is_active, slug=_SLUG)]


async def _delete(client: PrefectClient, deployment: DeploymentResponse) -> None:
    """Delete a deployment and the automations that belong to it, which would fail for ever."""
    await client.delete_resource_owned_automations(f"prefect.deployment.{deployment.id}")
    await client.delete_deployment(deployment.id)


async def deployment_id(client: PrefectClient, shop: Workshop, playbook: str) -> UUID | None:
    """Give the deployment of a playbook; None when it has none yet."""
    if playbook not in shop.deployments:
        await look_at_deployments(client, shop)
    return shop.deployments.get(playbook)


async def look_at_deployments(client: PrefectClient, shop: Workshop) -> None:
    """Learn which deployments there are, and which of them somebody paused."""
    there = await ours(client)
    shop.deployments = {each.name: each.id for each in there}
    shop.paused = frozenset(each.name for each in there if each.paused)
