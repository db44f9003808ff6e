"""A provider that is asked has a deployment with a schedule, and its runs say what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.pretending import Pretended

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

pytestmark = pytest.mark.prefect


@pytest.mark.usefixtures("server")
async def test_a_provider_is_asked_by_a_deployment_with_a_schedule(
    client: PrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
    from prefect.client.schemas.schedules import IntervalSchedule
    from prefect.states import Pending

    from keepwarm.flows.prefect import pull_run
    from keepwarm.flows.prefect import workshop as shops
    from keepwarm.flows.prefect.deployments import sync_deployments
    from keepwarm.flows.prefect.syncing import make_work_pool
    from keepwarm.flows.prefect.worker import execute
    from keepwarm.flows.pulling import PULL_EVERY, Pulled

    async def asked(_system: Any, source: str) -> Pulled:
        return Pulled(pages=1, told=3, new=2, problem=None if source == "hubspot" else "used up")

    monkeypatch.setattr(pull_run, "pull", asked)
    rung: list[None] = []
    system: Any = Pretended(pullers={"hubspot": object(), "salesforce": object()})
    shops.open_shop(shops.Workshop(system, on_arrivals=lambda: rung.append(None)))
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[pull_run.PULL_TAG]))
    try:
        await make_work_pool(client, "keepwarm")
        await pull_run.put_pulls(client, system.pullers, "keepwarm")
        before = await client.read_deployments(deployment_filter=ours)
        # What is there is not touched, and playbooks that come and go take none away.
        await pull_run.put_pulls(client, system.pullers, "keepwarm")
        await sync_deployments(client, {}, frozenset(), "keepwarm")
        there = {each.name: each for each in await client.read_deployments(deployment_filter=ours)}
        assert {each.id for each in there.values()} == {each.id for each in before}
        assert set(there) == {"pull-hubspot", "pull-salesforce"}
        [schedule] = there["pull-hubspot"].schedules
        assert isinstance(schedule.schedule, IntervalSchedule)
        assert schedule.schedule.interval == PULL_EVERY

        ended = []
        for name in sorted(there):
            run = await client.create_flow_run_from_deployment(there[name].id, state=Pending())
            await execute(run)
            done = await client.read_flow_run(run.id)
            ended.append((done.name, done.state_name))
        assert ended == [
            ("hubspot: 2 new of 3 told", "Completed"),
            ("salesforce: 2 new of 3 told, then: used up", "Rests"),
        ]
        assert len(rung) == 2

        await pull_run.put_pulls(client, [], "keepwarm")
        assert await client.read_deployments(deployment_filter=ours) == []
    finally:
        shops.close_shop()
