"""Deployments follow what is released, and leave alone what people did in Prefect's pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from keepwarm.schema.words import PlaybookStatus
from tests.flows.pretending import live_playbooks

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

pytestmark = pytest.mark.prefect

NOBODY: frozenset[str] = frozenset()


async def sync(client: PrefectClient, live: Any, paused: frozenset[str] = NOBODY) -> Any:
    from keepwarm.flows.prefect.deployments import sync_deployments

    return await sync_deployments(client, live, paused, "keepwarm")


async def deployed(client: PrefectClient) -> dict[str, Any]:
    from keepwarm.flows.prefect.deployments import ours

    return {each.name: each for each in await ours(client)}


@pytest.fixture
async def live(client: PrefectClient) -> dict[str, Any]:
    """What is live, with a server that has none of it yet, and a work pool."""
    import contextlib

    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    with contextlib.suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name="keepwarm", type="keepwarm"))
    await sync(client, {})
    return live_playbooks()


async def test_each_playbook_has_a_deployment_and_loses_it_with_its_file(
    client: PrefectClient, live: dict[str, Any]
) -> None:
    assert (await sync(client, live)).added == tuple(sorted(live))
    win_back = (await deployed(client))["dormant-win-back"]
    assert {"keepwarm", "shadow", "marketing", "email"} <= set(win_back.tags)
    assert "```mermaid" in win_back.description
    assert win_back.schedules[0].schedule.cron == "30 9 * * *"
    assert await sync(client, live) == await sync(client, live)
    del live["dormant-win-back"]
    assert (await sync(client, live)).removed == ("dormant-win-back",)
    assert "dormant-win-back" not in await deployed(client)


async def test_what_has_not_changed_is_not_touched(
    client: PrefectClient, live: dict[str, Any]
) -> None:
    await sync(client, live)
    before = await deployed(client)
    synced = await sync(client, live)
    assert synced.added == synced.changed == synced.removed == ()
    after = await deployed(client)
    assert {n: d.updated for n, d in before.items()} == {n: d.updated for n, d in after.items()}


async def test_a_paused_playbook_is_a_paused_deployment_until_it_is_resumed(
    client: PrefectClient, live: dict[str, Any]
) -> None:
    await sync(client, live, frozenset({"failed-payment"}))
    assert (await deployed(client))["failed-payment"].paused
    assert (await sync(client, live)).changed == ("failed-payment",)
    assert not (await deployed(client))["failed-payment"].paused
    live["failed-payment"].plan = replace(live["failed-payment"].plan, status=PlaybookStatus.PAUSED)
    await sync(client, live)
    assert (await deployed(client))["failed-payment"].paused


async def test_what_somebody_paused_in_the_pages_stays_paused_with_a_new_version(
    client: PrefectClient, live: dict[str, Any]
) -> None:
    await sync(client, live)
    known = (await deployed(client))["dormant-win-back"]
    await client.pause_deployment(known.id)
    await client.update_deployment_schedule(known.id, known.schedules[0].id, active=False)
    live["dormant-win-back"].number = 2
    assert (await sync(client, live)).changed == ("dormant-win-back",)
    known = (await deployed(client))["dormant-win-back"]
    assert known.paused
    assert [each.active for each in known.schedules] == [False]
    assert known.version.startswith("2-")


async def test_a_deployment_that_goes_takes_its_automations_with_it(
    client: PrefectClient, live: dict[str, Any]
) -> None:
    from prefect.events.actions import DoNothing
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    await sync(client, live)
    gone = (await deployed(client))["failed-payment"]
    trigger = EventTrigger(expect={"x"}, posture=Posture.Reactive, threshold=1, within=0)
    made = await client.create_automation(
        AutomationCore(
            name="of ours",
            trigger=trigger,
            actions=[DoNothing()],
            owner_resource=f"prefect.deployment.{gone.id}",
        )
    )
    del live["failed-payment"]
    await sync(client, live)
    assert made not in {each.id for each in await client.read_automations()}


async def test_a_new_title_moves_the_deployment_to_the_flow_of_that_name(
    client: PrefectClient, live: dict[str, Any]
) -> None:
    await sync(client, live)
    live["failed-payment"].plan = replace(live["failed-payment"].plan, title="Card trouble")
    await sync(client, live)
    known = (await deployed(client))["failed-payment"]
    assert (await client.read_flow(known.flow_id)).name == "Card trouble"
