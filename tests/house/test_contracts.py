"""Imports go one way; and were one to go the other way, it would be seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.rooms import ROOMS, ROOT, contracts

#: For each contract: modules to plant, and what each of them says.
BREACHES: dict[str, list[dict[str, str]]] = {
    "rooms": [
        {"schema.planted": "import keepwarm.engine"},
        {"engine.planted": "import keepwarm.store"},
        {"engine.planted": "import keepwarm.insight"},
        {"connectors.planted": "import keepwarm.store"},
        {"store.planted": "import keepwarm.flows"},
        {"insight.planted": "import keepwarm.connectors"},
        {"flows.planted": "import keepwarm.app"},
    ],
    "pure": [
        {"schema.planted": "import os"},
        {"engine.planted": "import time"},
        {"engine.planted": "from random import choice"},
        {"engine.planted": "import sqlmodel"},
    ],
    "prefect-apart": [
        {"store.planted": "import prefect"},
        {"flows.planted": "from prefect import flow"},
        {"app.planted": "from prefect.client.orchestration import get_client"},
    ],
    "sql-in-store": [
        {"flows.planted": "from sqlalchemy import text"},
        {"insight.planted": "import psycopg"},
    ],
    "figures-in-insight": [
        {"store.planted": "import duckdb"},
        {"engine.planted": "import numpy"},
    ],
    "connectors-apart": [
        {"connectors.twilio": "import keepwarm.connectors.sendgrid"},
        {
            "connectors.smtp": "import keepwarm.connectors.planted",
            "connectors.planted": "import keepwarm.connectors.outbox",
        },
    ],
    "sources-apart": [
        {"connectors.sources.stripe": "import keepwarm.connectors.sources.shopify"},
    ],
    "forgetters-apart": [
        {"connectors.forgetters.segment": "import keepwarm.connectors.forgetters.mixpanel"},
    ],
    "task-tools-apart": [
        {"connectors.task_tools.slack": "import keepwarm.connectors.task_tools.zendesk"},
    ],
    "pulls-apart": [
        {"connectors.pulls.hubspot": "import keepwarm.connectors.pulls.salesforce"},
    ],
    "connector-words": [
        {"connectors.planted": "import keepwarm.schema"},
        {"connectors.planted": "import keepwarm.engine.planted", "engine.planted": ""},
    ],
    "tables-in-store": [
        {"flows.planted": "import keepwarm.store.tables"},
    ],
    "no-cycles": [
        {
            f"{room}.planted_here": f"import keepwarm.{room}.planted_there",
            f"{room}.planted_there": f"import keepwarm.{room}.planted_here",
        }
        for room in ROOMS
    ],
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the house in which anything may be planted."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(
            ROOT / room / "keepwarm",
            tmp_path / room / "keepwarm",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return tmp_path


def test_every_contract_is_kept(copy: Path) -> None:
    answer = lint_imports(copy)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(contracts())} kept, 0 broken" in answer.stdout


def test_every_contract_has_a_planted_breach() -> None:
    assert set(BREACHES) == set(contracts())


@pytest.mark.parametrize(
    ("contract", "breach"),
    [(contract, breach) for contract, breaches in BREACHES.items() for breach in breaches],
    ids=lambda each: (
        each if isinstance(each, str) else " and ".join(map(" says ".join, each.items()))
    ),
)
def test_a_planted_breach_is_seen(copy: Path, contract: str, breach: dict[str, str]) -> None:
    for module, line in breach.items():
        plant(copy, module, line)

    answer = lint_imports(copy, "--contract", contract)

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"{contracts()[contract]['name']} BROKEN" in answer.stdout
    breacher = next(iter(breach)).rpartition(".")[2]
    assert breacher in answer.stdout.partition("Broken contracts")[2]


def plant(house: Path, module: str, line: str) -> None:
    """Put a line at the end of a module, which is made if it is not there."""
    room, _, name = module.partition(".")
    path = house / room / "keepwarm" / room / f"{name.replace('.', '/')}.py"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def lint_imports(house: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a copy; its rooms come before those that are installed."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache", *words],
        cwd=house,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(house / room) for room in ROOMS),
            "COLUMNS": "200",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
