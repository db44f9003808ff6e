"""The flow behind each provider that is asked on a schedule: one run is one turn.

Like those of playbooks it carries counts and identifiers only. Where Prefect does not answer, the
foreman takes the turn without it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from prefect import flow, get_run_logger
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import State
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.runtime import flow_run as current
from prefect.states import Completed, Failed

from keepwarm.flows.prefect.workshop import workshop
from keepwarm.flows.pulling import PULL_EVERY, pull

#: What these deployments carry, and no playbook's.
PULL_TAG: Final = "keepwarm-pull"
ENTRYPOINT: Final = "keepwarm.app.prefect_entry.pull_source"
_SLUG: Final = "keepwarm-pull"


@flow(name="pull", validate_parameters=False, persist_result=False, log_prints=False)
async def pull_source(source: str) -> State[Any]:
    """Ask a provider for what was modified, and let playbooks hear of it."""
    shop = workshop()
    if source not in shop.system.pullers:
        return Failed(message=f"{source} has no keys in this process's environment")
    done = await pull(shop.system, source)
    get_run_logger().info("%s: %s", source, done.sentence())
    if done.new and shop.on_arrivals is not None:
        shop.on_arrivals()
    async with shop.client() as client:
        await client.update_flow_run(current.id, name=f"{source}: {done.sentence()}"[:250])
    if done.problem is not None:
        return Failed(name="Rests", message=done.sentence())
    return Completed(message=done.sentence())


async def put_pulls(client: PrefectClient, sources: Collection[str], work_pool: str) -> None:
    """Make a deployment for each provider that is asked, and take away those of others."""
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[PULL_TAG]))
    there = {each.name: each for each in await client.read_deployments(deployment_filter=ours)}
    for source in sorted(sources):
        if there.pop(f"pull-{source}", None) is not None:
            continue  # what somebody changed or paused in Prefect's pages stays so
        await client.create_deployment(
            flow_id=await client.create_flow_from_name(f"Ask {source}"),
            name=f"pull-{source}",
            description=f"Asks {source} for what was modified, every {PULL_EVERY}.",
            tags=[PULL_TAG],
            parameters={"source": source},
            schedules=[
                DeploymentScheduleCreate(
                    schedule=IntervalSchedule(interval=PULL_EVERY), active=True, slug=_SLUG
                )
            ],
            work_pool_name=work_pool,
            entrypoint=ENTRYPOINT,
            enforce_parameter_schema=False,
        )
    for gone in there.values():
        await client.delete_deployment(gone.id)
