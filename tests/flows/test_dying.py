"""Processes that serve die in the middle of Prefect's runs, and Prefect loses all it knew.

The providers' ledger is joined with the database after each, as in `tests/faults`.
"""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keepwarm.flows.prefect.server import PrefectServer
from keepwarm.store.landmarks import Landmark
from tests.faults.city import LATER, City
from tests.faults.conftest import sqlite_town
from tests.faults.served import served
from tests.faults.test_kills import ON_THE_WAY
from tests.waiting import wait_for

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

__all__ = ["sqlite_town"]

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

#: Where the work of a playbook is done by a run of its deployment, and not before one opens.
IN_A_RUN = ON_THE_WAY[ON_THE_WAY.index(Landmark.TAKING_RUNS) :]


async def dies_in_a_run(
    town: City, home: Path, server: PrefectServer, client: PrefectClient, landmark: Landmark
) -> None:
    """Have a service die at a landmark, and another one go on: Prefect says which run crashed."""
    with served(town, home, server.url, ends_at=landmark) as service:
        service.wait_until_up()
        town.arrive(2)
        assert service.died(), service.says()
        dead = f"-{service.process.pid}"
    town.now += LATER
    with served(town, home, server.url) as service:
        service.wait_until_up()
        wait_for(lambda: not is_due(town))
        states = [
            run.state_name
            for run in await client.read_flow_runs()
            if any(tag.startswith("on:") and tag.endswith(dead) for tag in run.tags)
        ]
        assert service.end(), service.says()
    assert not {"Pending", "Running"} & set(states), "a run of the dead counts as open"
    assert "Crashed" in states or landmark not in IN_A_RUN


def is_due(town: City) -> bool:
    upcoming = town.next_moment()
    return upcoming is not None and upcoming <= town.now


async def test_a_service_may_die_in_a_run_of_its_own(
    sqlite_town: City, tmp_path: Path, server: PrefectServer, client: PrefectClient
) -> None:
    sqlite_town.settle_in("sendgrid")
    await dies_in_a_run(sqlite_town, tmp_path / "home", server, client, Landmark.ANSWERED)
    sqlite_town.come_to_rest()

    assert sqlite_town.judge() == {"sent": 2, "unknown": 2}


@pytest.mark.long
@pytest.mark.parametrize("landmark", ON_THE_WAY)
@pytest.mark.parametrize("road", ["sendgrid", "twilio"])
async def test_a_service_may_die_in_a_run_at_every_landmark(
    sqlite_town: City,
    tmp_path: Path,
    server: PrefectServer,
    client: PrefectClient,
    road: str,
    landmark: Landmark,
) -> None:
    sqlite_town.settle_in(road)
    for _ in range(3):
        await dies_in_a_run(sqlite_town, tmp_path / "home", server, client, landmark)
    sqlite_town.come_to_rest()

    sqlite_town.judge()


# ── Prefect's own database ───────────────────────────────────────────────────────────────────


@pytest.mark.long
@pytest.mark.parametrize("how", ["deleted", "emptied", "overwritten"])
def test_prefect_loses_its_database_while_it_is_up_and_while_it_is_down(
    sqlite_town: City, tmp_path: Path, how: str
) -> None:
    """Nothing of ours waits for it, and its pages show our deployments again."""
    home, ours = tmp_path / "home", {"by-sendgrid", "by-twilio"}
    sqlite_town.settle_in("sendgrid", "twilio")
    with served(sqlite_town, home, None) as service:
        service.wait_until_up()
        sqlite_town.arrive(2)
        wait_for(lambda: len(sqlite_town.here.ledger.entries) == 4)
        lose(home / "prefect", how)
        sqlite_town.arrive(2)
        wait_for(lambda: len(sqlite_town.here.ledger.entries) == 8)
        wait_for(lambda: names_of_deployments(service.says()) == {"by-sendgrid", "by-twilio"})
        assert service.end(), service.says()
    lose(home / "prefect", how)
    sqlite_town.now += LATER
    with served(sqlite_town, home, None) as service:
        service.wait_until_up()
        assert names_of_deployments(service.says()) == ours
        sqlite_town.arrive(2)
        wait_for(lambda: len(sqlite_town.here.ledger.entries) == 12)
        assert service.end(), service.says()
    sqlite_town.come_to_rest()

    assert sqlite_town.judge() == {"sent": 24}


def lose(home: Path, how: str) -> None:
    """Take Prefect's database away, or what is in it."""
    for path in home.glob("prefect.db*"):
        if how == "deleted":
            path.unlink()
        else:
            os.truncate(path, 0)
    if how == "overwritten":
        (home / "prefect.db").write_bytes(b"no database" * 10_000)


def names_of_deployments(said: str) -> set[str]:
    """Ask the Prefect server that a service says it has for the deployments there are."""
    (url,) = {line.split()[-1] for line in said.splitlines() if line.startswith("  Prefect ")}
    asked = urllib.request.Request(
        f"{url}/api/deployments/filter", b"{}", {"content-type": "application/json"}
    )
    try:
        return {each["name"] for each in json.load(urllib.request.urlopen(asked, timeout=5))}
    except OSError:
        return set()
