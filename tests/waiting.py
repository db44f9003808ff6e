"""Waiting for what another thread or process does, for as long as a busy machine may need."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")

#: A machine with much else to do takes ten times as long. Only who waits in vain waits this long,
#: and the time that a test may take is longer still.
PATIENCE_SECONDS = 300.0


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


def has_ended(pid: int) -> bool:
    """Tell whether a process does nothing any more, whether or not its parent knows."""
    return state_of(pid) in ("Z", "X", "gone")


def state_of(pid: int) -> str:
    """Give the letter by which the kernel calls what a process does, as `ps` shows it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it may go while its file is open
        return "gone"
