"""Those who have a Prefect server already: a worker from outside, and `prefect deploy --all`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import PrefectClient

from keepwarm.flows.prefect.deployments import WORK_POOL, ours
from keepwarm.flows.prefect.server import PrefectServer

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def type_in(home: Path, *words: str) -> str:
    """Run a command as somebody would who has a Prefect server, and give what it printed."""
    environment = {**os.environ, "KEEPWARM_HOME": str(home), "PYTHONWARNINGS": "ignore"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-m", *words]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


async def test_a_worker_and_prefect_deploy_are_all_that_a_server_needs(
    server: PrefectServer, client: PrefectClient, tmp_path: Path
) -> None:
    worker = ("prefect", "worker", "start", "--type", "keepwarm", "--pool", WORK_POOL, "--run-once")
    type_in(tmp_path, "keepwarm.app.command_line", "apply")
    type_in(tmp_path, *worker)
    type_in(tmp_path, "prefect", "deploy", "--all")
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yaml")} - {"policies"}
    live = {name for name in playbooks if not name.endswith(".test")}
    assert {each.name for each in await ours(client)} == live

    syncing = await client.read_deployment_by_name("keepwarm-sync/keepwarm-sync")
    run = await client.create_flow_run_from_deployment(syncing.id)
    type_in(tmp_path, *worker)
    state = (await client.read_flow_run(run.id)).state
    assert state is not None
    assert state.is_completed()
    assert state.message == "everything was in step"
