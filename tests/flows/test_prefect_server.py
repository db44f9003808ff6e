"""Prefect's server is closed to others, and ends when its parent does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from keepwarm.flows.prefect.server import (
    PrefectServer,
    ServerRefused,
    environment,
    free_port,
    one_certificate,
)
from tests.waiting import has_ended, wait_for


def test_an_open_address_needs_a_password(tmp_path: Path) -> None:
    with pytest.raises(ServerRefused, match="PREFECT_SERVER_API_AUTH_STRING"):
        environment(tmp_path, 4200, host="0.0.0.0")
    settings = environment(tmp_path, 4200, host="0.0.0.0", password="ops:secret")
    assert settings["PREFECT_SERVER_API_AUTH_STRING"] == "ops:secret"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_alone_needs_none(host: str, tmp_path: Path) -> None:
    settings = environment(tmp_path, 4201, host=host)
    assert settings["PREFECT_SERVER_API_PORT"] == "4201"
    assert settings["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


def test_a_port_that_is_taken_is_not_given() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_one_certificate_is_enough(tmp_path: Path) -> None:
    import ssl

    path = one_certificate(tmp_path)["PREFECT_API_SSL_CERT_FILE"]
    assert len(ssl.create_default_context(cafile=path).get_ca_certs()) == 1


@pytest.mark.prefect
def test_its_port_is_its_own_from_the_start_and_it_ends_when_its_parent_is_killed(
    server: PrefectServer, tmp_path: Path
) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from keepwarm.flows.prefect.server import PrefectServer, free_port;"
        "s = PrefectServer(Path(sys.argv[1]), free_port(0)); s.start();"
        "print(s.pid, s.port, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert parent.stdout is not None
    child, port = map(int, parent.stdout.readline().split())
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("127.0.0.1", port))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: has_ended(child))
