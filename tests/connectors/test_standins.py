"""The stand-ins can be trusted: what they took is on the disk before they answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from keepwarm.connectors.registry import make
from keepwarm.engine.message import Channel
from keepwarm.engine.outcome import Accepted, Unknown
from tests.connectors.given import message_for
from tests.standins.sendgrid import KEY

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """The stand-ins as a process of their own, where they are, and their ledger."""
    ledger = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "tests.standins", "--ledger", str(ledger)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), ledger
        process.terminate()


async def test_they_run_as_a_program_and_misbehave_on_demand(
    program: tuple[dict[str, str], Path],
) -> None:
    places, ledger = program
    settings = {
        "SENDGRID_API_KEY": KEY,
        "SENDGRID_API_URL": places["sendgrid"],
        "SENDGRID_FROM": "hello@acme.example",
    }
    connector = make("sendgrid", settings, clock=lambda: datetime.now(UTC))
    fault = json.dumps({"deed": "drop", "after_acceptance": True, "about": "send-0001"}).encode()
    assert json.loads(ask(f"{places['url']}/_faults/sendgrid", fault)) == {"ok": True}
    results = [
        (await connector.send([message_for(Channel.EMAIL, number)]))[0] for number in range(2)
    ]
    await connector.close()
    assert [type(result) for result in results] == [Accepted, Unknown]
    written = [json.loads(line)["send_id"] for line in ledger.read_text().splitlines()]
    assert written == ["send-0000", "send-0001"]
    assert [entry["send_id"] for entry in json.loads(ask(f"{places['url']}/_ledger"))] == written


def ask(url: str, data: bytes | None = None) -> bytes:
    """Speak to the stand-ins' own controls."""
    with urlopen(Request(url, data=data)) as answer:
        content: bytes = answer.read()
    return content
