"""The database server that tests and benches bring along."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.house.rooms import ROOT


def test_nothing_is_said_where_there_is_no_session_of_a_desktop() -> None:
    known = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    ran = subprocess.run(
        [sys.executable, "-c", "import tests.store.embedded_postgresql"],
        cwd=ROOT, env=known, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout + ran.stderr == ""
