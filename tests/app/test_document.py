"""The OpenAPI document is right: calls that fit it and calls that do not answer as it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepwarm.engine.links import Purpose
from keepwarm.store.accounts import Role
from keepwarm.store.database import Database
from tests.app.serving import Site, serving
from tests.app.test_ingest import key
from tests.app.test_own_pages import ASK
from tests.app.test_signing_in import add, cookie, signed_in
from tests.app.test_task_pages import CALL
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """A site with something to find behind every path."""
    world = World(sqlite_database, tmp_path / "playbooks")
    world.write("catalog/surveys.yaml", "surveys:\n  nps: {question: How?, scale: 0 to 10}\n")
    world.words("ask", "Tell us: {{ survey.link }}")
    world.playbook("ask", ASK)
    world.playbook("call", CALL)
    world.apply()
    for name in ("anna", "ben", "cleo"):
        world.person(name)
        world.event(name, "signed_up")
    with serving(world) as running:
        yield running


def lock(site: Site) -> str:
    """Lock the site, and give what opens it, as Schemathesis is told it."""
    add(site, role=Role.APPROVER)
    session = cookie(signed_in(site)).partition("=")[2]
    key(site, "11111111")
    return (
        f'[auth.openapi]\nsession = {{ api_key = "{session}" }}\n'
        f'writeKey = {{ username = "kw_11111111_{"5e" * 20}", password = "none" }}\n'
    )


def call_everything(site: Site, folder: Path, opened: str, *options: str) -> None:
    """Let Schemathesis call every operation, in ways that fit the document and that do not."""
    config = folder / "schemathesis.toml"
    config.write_text(parameters(site) + opened, encoding="utf-8")
    command = Path(sys.executable).with_name("schemathesis")
    # One worker: before 3.11.9, Python's parser falters where two threads use it at once, and
    # Hypothesis parses lambdas to show them.
    address = f"http://127.0.0.1:{site.port}/openapi.json"
    done = subprocess.run(
        [command, "--config-file", config, "run", address, "--no-color", "-w", "1",
         "--request-timeout", str(PATIENCE_SECONDS),
         "--generation-deterministic", "--suppress-health-check", "all", *options],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    document = json.loads(site.get("/openapi.json").text)
    assert f"Tested: {sum(map(len, document['paths'].values()))}" in done.stdout


def parameters(site: Site) -> str:
    """Give what paths may name, so that calls reach what lies behind them."""
    links = site.world.system.links
    shown = site.world.outbox()[0]
    token = links.url(Purpose.SURVEY, links.token(shown.customer_id, shown.id)).rpartition("/")[2]
    named = {"token": token, "playbook": "call", "connector": "memory", "name": "stripe"}
    lines = [f'"path.{name}" = {json.dumps(value)}' for name, value in named.items()]
    return "[parameters]\n" + "\n".join(lines) + "\n"


@pytest.mark.slow
def test_every_operation_answers_as_the_document_says(site: Site, tmp_path: Path) -> None:
    phases = ("--phases", "examples,coverage,fuzzing", "--max-examples", "2")
    call_everything(site, tmp_path, lock(site), *phases)


@pytest.mark.long
@pytest.mark.parametrize("state", ["locked", "open"])
def test_every_operation_answers_so_however_long_it_is_called(
    site: Site, tmp_path: Path, state: str
) -> None:
    opened = lock(site) if state == "locked" else ""
    call_everything(site, tmp_path, opened, "--max-examples", "300")


def test_the_document_asks_for_proof_as_soon_as_there_is_any(site: Site) -> None:
    def asked(path: str, method: str) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = document["paths"][path][method]["security"]
        return found

    document = json.loads(site.get("/openapi.json").text)
    assert {} in asked("/v1/track", "post")
    assert {} in asked("/tasks", "get")
    lock(site)
    document = json.loads(site.get("/openapi.json").text)
    assert asked("/v1/track", "post") == [{"writeKey": []}, {"bearerWriteKey": []}]
    assert asked("/tasks", "get") == [{"session": []}]
    assert asked("/unsubscribe/{token}", "post") == []


def test_every_operation_says_what_it_does_what_it_refuses_and_how(site: Site) -> None:
    document = json.loads(site.get("/openapi.json").text)
    operations = {
        (method, path): each
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    }
    assert [named for named, each in operations.items() if not each["summary"]] == []
    for (method, path), each in operations.items():
        for status, answer in each["responses"].items():
            assert answer["description"]
            if status.startswith("4"):
                assert "Refusal" in answer["content"]["application/json"]["schema"]["$ref"]
        if path.startswith("/v1/"):
            assert {"400", "401", "403", "413", "415", "422", "429"} <= each["responses"].keys()
            assert "Retry-After" in each["responses"]["429"]["headers"]
            assert each["requestBody"]["content"]["application/json"]["examples"]
        if method == "post":
            assert {"403", "413"} <= each["responses"].keys()


def test_what_may_be_done_at_a_path_is_said_to_who_tries_something_else(site: Site) -> None:
    assert site.ask("DELETE", "/account", None, {}).headers["allow"] == "GET, POST"
    assert site.ask("GET", "/v1/track", None, {}).headers["allow"] == "POST"
