"""Waiting for what another thread or process does, for as long as a busy machine may need."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

#: A machine with much else to do takes ten times as long. Only who waits in vain waits this long.
PATIENCE_SECONDS = 120.0


def wait_for(
    what: Callable[[], Found],
    of: subprocess.Popen[bytes] | None = None,
    seconds: float = PATIENCE_SECONDS,
) -> Found:
    """Give what is found once it is true; fail when the process it is expected of has ended."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert of is None or of.poll() is None, "it ended"
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)
    return found
