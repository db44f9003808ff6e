"""`keepwarm up` as a newcomer uses it: started, tried by hand, ended, and started again."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from keepwarm.flows.prefect.server import free_port
from tests.waiting import PATIENCE_SECONDS, wait_for

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@contextmanager
def up(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """Start it, and give its process and what it has printed so far."""
    output = home.parent / f"output-{time.monotonic_ns()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT")},
        "KEEPWARM_HOME": str(home),
        "KEEPWARM_PLAYBOOKS": str(ROOT / "playbooks"),
        "KEEPWARM_PORT": str(free_port(0)),
        "KEEPWARM_PREFECT_PORT": str(free_port(0)),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with output.open("wb") as file:
        command = [sys.executable, "-m", "keepwarm.app.command_line", "up"]
        # Whoever runs the tests by nohup would have it ignore that its terminal closes.
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
        signal.signal(signal.SIGHUP, before)
    try:
        yield process, lambda: output.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


def test_it_shows_the_main_job_and_answers_an_event_with_a_text(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with up(home) as (process, output):
        wait_for(lambda: "curl " in output() and output().endswith("\n\n"), process)
        said = output()
        assert "2,357 customers and 6,919 purchases" in said
        assert re.search(r"\d+ customers entered, \d+ e-mails sent", said)

        words = shlex.split(next(line for line in said.splitlines() if line.startswith("curl ")))
        url, body = words[2], words[-1]
        outbox = url.replace("/v1/track", "/outbox?channel=sms")
        request = urllib.request.Request(
            url, body.encode(), {"content-type": "application/json"}, method="POST"
        )
        assert json.load(urllib.request.urlopen(request)) == {"taken": 1}
        wait_for(lambda: b'class="row"' in urllib.request.urlopen(outbox).read(), process)

        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert output().endswith("Stopped.\n")

    with up(home) as (process, output):
        wait_for(lambda: "curl " in output() and output().endswith("\n\n"), process)
        assert "already loaded" in output()
        # The line is about somebody else, whose text it can bring.
        again = next(line for line in output().splitlines() if line.startswith("curl "))
        assert json.loads(shlex.split(again)[-1])["userId"] != json.loads(body)["userId"]
        assert "ran already" in output()
        process.send_signal(signal.SIGHUP)  # its terminal was closed; a polite kill: test_dying
        assert process.wait(PATIENCE_SECONDS) == 0
