"""Runs, against Prefect's own server: what people see of them, and what they never see."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from keepwarm.flows.prefect.server import PrefectServer
from tests.flows.pretending import Pretended
from tests.waiting import PATIENCE_SECONDS, wait_for

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun

    from keepwarm.flows.prefect.foreman import Foreman

pytestmark = pytest.mark.prefect


@pytest.fixture
def system(server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    from keepwarm.flows.prefect import artifacts, foreman, playbook_run, syncing, wakeups
    from keepwarm.store.funnel import Funnel

    made = Pretended(worker=f"testing-{os.getpid()}")
    monkeypatch.setattr(wakeups, "next_due", made.next_due)
    monkeypatch.setattr(foreman, "overdue", made.overdue)
    monkeypatch.setattr(foreman, "try_what_stopped", lambda _system: 0)
    monkeypatch.setattr(foreman, "tell_people", made.nothing_to_tell)
    monkeypatch.setattr(foreman, "ask_providers", made.nothing_to_tell)
    monkeypatch.setattr(foreman, "tell_of_late_tasks", lambda _system: 0)
    monkeypatch.setattr(foreman, "compute_scores_daily", lambda _system: None)
    monkeypatch.setattr(foreman, "keep_house_hourly", lambda _system: None)
    # Most of what is waited for here comes with the next look.
    monkeypatch.setattr(foreman, "SWEEP_EVERY", timedelta(seconds=0.5))
    # Runs are what is looked at here: a slow machine must not do their work without them.
    monkeypatch.setattr(foreman, "_PATIENCE_SECONDS", PATIENCE_SECONDS / 2)
    monkeypatch.setattr(syncing, "holds", lambda _cx: {})
    monkeypatch.setattr(playbook_run, "work_parts", made.work_parts)
    monkeypatch.setattr(artifacts, "funnel", lambda *_: Funnel(3, {}))
    artifacts._not_before.clear()
    return made


@pytest.fixture
def foreman(system: Pretended) -> Iterator[Foreman]:
    from keepwarm.flows.prefect.foreman import Foreman

    made = Foreman(system, system.take_in, base_url="http://127.0.0.1:8800")  # type: ignore[arg-type] # it is Pretended
    made.start()
    wait_for(lambda: made.shop.kept_client is not None)
    yield made
    assert made.stop(PATIENCE_SECONDS)


async def runs_of(client: PrefectClient, playbook: str) -> list[FlowRun]:
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    return await client.read_flow_runs(
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[playbook]))
    )


async def ended(client: PrefectClient, playbook: str, how_many: int = 1) -> list[FlowRun]:
    def have_ended(runs: list[FlowRun]) -> bool:
        return sum(run.state is not None and run.state.is_final() for run in runs) >= how_many

    runs = await runs_when(have_ended, client, playbook)
    return [run for run in runs if run.state is not None and run.state.is_final()]


async def runs_when(
    are_so: Callable[[list[FlowRun]], bool], client: PrefectClient, playbook: str
) -> list[FlowRun]:
    until = time.monotonic() + PATIENCE_SECONDS
    while not are_so(runs := await runs_of(client, playbook)):
        assert time.monotonic() < until, f"it did not come about: {runs}"
        await asyncio.sleep(0.1)
    return runs


async def test_an_event_makes_a_run_named_by_what_it_did(
    foreman: Foreman, system: Pretended, client: PrefectClient
) -> None:
    system.inbox += ["failed-payment"] * 3
    foreman.notify()
    (run,) = await ended(client, "failed-payment")
    assert run.name == "failed-payment: 3 entered, 3 texts sent"
    assert run.state is not None
    assert run.state.message == "3 entered, 3 texts sent"
    assert f"on:{system.worker}" in run.tags
    kinds = {each.key for each in await client.read_artifacts()}
    assert {"failed-payment-summary", "failed-payment-funnel"} <= kinds


async def test_a_run_that_another_one_set_going_outlives_it(
    foreman: Foreman, system: Pretended, client: PrefectClient
) -> None:
    first, other = "failed-payment", "onboarding-30-days"
    before = {name: len(await runs_of(client, name)) for name in (first, other)}

    missed = foreman.shop.on_missed
    assert missed is not None

    def set_going(playbook: str, _count: int) -> None:
        if playbook == first:
            system.due[other] += 1
            missed(other)

    system.on_done = set_going
    system.inbox.append(first)
    foreman.notify()
    for name in (first, other):
        found = await ended(client, name, before[name] + 1)
        assert {run.state_name for run in found} == {"Completed"}
    assert system.done[other] == 1


async def test_a_burst_keeps_one_run_open(
    foreman: Foreman, system: Pretended, client: PrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keepwarm.flows.prefect import playbook_run

    playbook = "onboarding-30-days"
    before = {run.id for run in await runs_of(client, playbook)}
    # However slow the machine is: the run is open until the last event was worked on.
    monkeypatch.setattr(playbook_run, "LINGER", timedelta(hours=1))
    monkeypatch.setattr(playbook_run, "OPEN_AT_MOST", timedelta(hours=1))
    for _ in range(40):
        system.inbox.append(playbook)
        foreman.notify()
        await asyncio.sleep(0.05)
    wait_for(lambda: system.done[playbook] == 40)
    monkeypatch.setattr(playbook_run, "LINGER", timedelta(seconds=1))
    assert foreman._loop is not None
    foreman._loop.call_soon_threadsafe(foreman.shop.ring, playbook)
    # The last event may ring once more after it was worked on, which opens a run for nothing.
    nothing = f"{playbook}: nothing was due"
    found = await ended(client, playbook, len(before) + 1)
    names = {each.name for each in found if each.id not in before}
    assert names - {nothing} == {f"{playbook}: 40 entered, 40 texts sent"}


async def test_a_run_that_is_cancelled_in_the_pages_ends_between_two_parts(
    foreman: Foreman, system: Pretended, client: PrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.states import Cancelling

    from keepwarm.flows.prefect import playbook_run

    playbook = "dormant-win-back"
    monkeypatch.setattr(playbook_run, "TOLD_WITHIN", timedelta(seconds=PATIENCE_SECONDS))

    async def long_part() -> None:
        system.due[playbook] += 1
        await asyncio.sleep(0.3)

    system.part = long_part
    system.inbox.append(playbook)
    foreman.notify()
    wait_for(lambda: system.done[playbook])
    (run,) = [each for each in await runs_of(client, playbook) if each.state_name == "Running"]
    await client.set_flow_run_state(run.id, Cancelling())
    (run,) = await ended(client, playbook)
    system.part = None
    assert run.state_name == "Cancelled"
    assert run.state is not None
    assert str(run.state.message).startswith("Cancelled between two batches: ")
    assert not foreman.shop.may_begin(playbook)


async def test_what_nobody_told_of_is_found_by_the_sweep(
    foreman: Foreman, system: Pretended, client: PrefectClient
) -> None:
    system.due["failed-payment"] += 1
    before = len(await runs_of(client, "failed-payment"))
    wait_for(lambda: not system.due["failed-payment"])
    await ended(client, "failed-payment", before + 1)


def test_what_is_live_is_made_ready_before_any_of_it_is_due(
    foreman: Foreman, system: Pretended
) -> None:
    assert foreman.shop.kept_client is not None
    wait_for(lambda: system.ready == system.live.keys())
    assert not system.done


async def test_what_is_due_next_is_one_scheduled_run(
    foreman: Foreman, system: Pretended, client: PrefectClient
) -> None:
    playbook = "onboarding-30-days"
    for hours in (3, 2):
        before = [r for r in await runs_of(client, playbook) if r.state and r.state.is_final()]
        system.next[playbook] = system.clock() + timedelta(hours=hours)
        system.inbox.append(playbook)
        foreman.notify()
        await ended(client, playbook, len(before) + 1)
    waiting = [run for run in await runs_of(client, playbook) if "wake-up" in run.tags]
    assert [run.name for run in waiting] == [f"{playbook}: next wake-up"]
    when = waiting[0].expected_start_time
    assert when is not None
    late = when.timestamp() - system.next[playbook].timestamp()
    assert 0 < late <= 1


async def test_a_run_that_is_started_by_hand_is_taken_by_the_worker(
    foreman: Foreman, system: Pretended, client: PrefectClient
) -> None:
    playbook = "failed-payment"
    before = await ended(client, playbook, 0)
    wait_for(lambda: playbook in foreman.shop.deployments)
    await client.create_flow_run_from_deployment(foreman.shop.deployments[playbook])
    found = await ended(client, playbook, len(before) + 1)
    (run,) = [each for each in found if each.id not in {old.id for old in before}]
    assert run.state_name == "Nothing due"
    assert f"on:{system.worker}" in run.tags


async def test_a_playbook_that_is_paused_in_the_pages_is_left_alone(
    foreman: Foreman, system: Pretended, client: PrefectClient
) -> None:
    playbook = "failed-payment"
    await client.pause_deployment(foreman.shop.deployments[playbook])
    wait_for(lambda: playbook in foreman.shop.paused)
    system.inbox.append(playbook)
    foreman.notify()
    await asyncio.sleep(1)
    assert not system.done[playbook]
    await client.resume_deployment(foreman.shop.deployments[playbook])
    wait_for(lambda: system.done[playbook])


async def test_runs_of_a_process_that_was_killed_have_crashed(
    system: Pretended, client: PrefectClient, foreman: Foreman
) -> None:
    from prefect.states import Running

    from keepwarm.flows.prefect.crashes import mark_crashed

    playbook = "failed-payment"
    machine = system.worker.rpartition("-")[0]
    dead = await client.create_flow_run_from_deployment(
        foreman.shop.deployments[playbook], state=Running(), tags=[f"on:{machine}-4194300"]
    )
    elsewhere = await client.create_flow_run_from_deployment(
        foreman.shop.deployments[playbook], state=Running(), tags=["on:another-machine-4194300"]
    )
    assert await mark_crashed(client, system.worker) == 1
    assert (await client.read_flow_run(dead.id)).state_name == "Crashed"
    assert (await client.read_flow_run(elsewhere.id)).state_name == "Running"
    await client.delete_flow_run(elsewhere.id)


async def test_deployments_come_back_when_prefect_lost_its_database(
    server: PrefectServer, system: Pretended, client: PrefectClient
) -> None:
    from keepwarm.flows.prefect.deployments import ours
    from keepwarm.flows.prefect.foreman import Foreman

    made = Foreman(system, system.take_in, server=server)  # type: ignore[arg-type] # it is Pretended
    made.start()
    wait_for(lambda: made.shop.kept_client is not None)
    before = {each.name: each.id for each in await ours(client)}
    system.next["onboarding-30-days"] = system.clock() + timedelta(hours=3)
    assert server.template is not None
    try:
        # Another file takes its place: a new one, with nothing in it.
        empty = server.home / "another.db"
        empty.write_bytes(server.template.read_bytes())
        empty.replace(server.home / "prefect.db")
        for end in ("-wal", "-shm"):
            server.home.joinpath(f"prefect.db{end}").unlink(missing_ok=True)
        system.inbox.append("failed-payment")
        made.notify()
        wait_for(lambda: system.done["failed-payment"])  # whatever Prefect says meanwhile
        wait_for(
            lambda: (
                made.shop.deployments.keys() == before.keys()
                and set(made.shop.deployments.values()).isdisjoint(before.values())
            )
        )
        wait_for(lambda: made.shop.kept_client is not None)
        after = {each.name: each.id for each in await ours(client)}
        (waits,) = await runs_when(bool, client, "onboarding-30-days")
    finally:
        assert made.stop(PATIENCE_SECONDS)
    assert after.keys() == before.keys()
    assert waits.name == "onboarding-30-days: next wake-up"


@pytest.fixture
def unseen(system: Pretended, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pretended work be done without runs too."""
    from keepwarm.flows.prefect import absence
    from keepwarm.flows.tally import Tally

    async def direct(_system: Any, playbook: str) -> Tally:
        total = Tally()
        async for tally in system.work_parts(_system, playbook):
            total.add(tally)
        return total

    monkeypatch.setattr(absence, "work_round", direct)


@pytest.mark.usefixtures("unseen")
def test_the_work_goes_on_while_prefect_does_not_answer(
    foreman: Foreman, system: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keepwarm.flows.prefect import foreman as module

    async def refuses(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(module, "start_run", refuses)
    for _ in range(2):
        system.inbox.append("failed-payment")
        foreman.notify()
        wait_for(lambda: system.done["failed-payment"])
        system.done.clear()


@pytest.mark.usefixtures("unseen")
def test_nothing_waits_for_prefect_while_it_is_known_to_be_away(
    foreman: Foreman, system: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keepwarm.flows.prefect import foreman as module

    asked: list[str] = []

    async def hangs(_shop: Any, playbook: str, *_: Any) -> None:
        asked.append(playbook)
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "start_run", hangs)
    foreman._absence.is_certain = True
    assert foreman._loop is not None
    for _ in range(2):  # the sweep finds what is due again and again
        system.inbox.append("failed-payment")
        foreman.notify()
        with system.lock:
            system.due["dormant-win-back"] += 1
        asyncio.run_coroutine_threadsafe(foreman._sweep(), foreman._loop).result(PATIENCE_SECONDS)
        wait_for(lambda: system.done.keys() == {"failed-payment", "dormant-win-back"})
        system.done.clear()
    assert not asked


async def test_prefect_is_known_to_be_away_once_it_owes_an_answer() -> None:
    from keepwarm.flows.prefect.absence import Absence

    up_for = 100.0
    absence = Absence(lambda: up_for)
    assert not absence.is_known(1.5)
    with absence.asking():
        assert not absence.is_known(1.5)
        up_for += 2
        assert absence.is_known(1.5)
    assert not absence.is_known(1.5)


async def test_what_comes_while_work_is_done_unseen_is_done_by_who_does_it() -> None:
    from keepwarm.flows.prefect.absence import UnseenWork
    from keepwarm.flows.tally import Tally

    rounds: list[str] = []
    asked_again = asyncio.Event()

    async def work(playbook: str) -> Tally:
        rounds.append(playbook)
        await asked_again.wait()
        return Tally()

    unseen = UnseenWork(work)
    first = asyncio.create_task(unseen.do("a"))
    await asyncio.sleep(0)
    await unseen.do("a")
    await unseen.do("a")
    assert rounds == ["a"]
    asked_again.set()
    await first
    await unseen.do("a")
    assert rounds == ["a", "a", "a"]
