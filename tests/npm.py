"""Programs from npm that tests drive: installed at their first use, pinned and hashed."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What npm says when it reached no registry, or one that does not work; whatever else it says is
#: a fault of ours.
NO_NETWORK = (
    "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EPIPE",
    "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT", "E429", "E500", "E502", "E503", "E504",
)  # fmt: skip


def installed(package: Path, what: str) -> tuple[str, Path]:
    """Give node, and the folder that holds what a folder's lock names; `what` says what it is."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(f"{what} needs node and npm, and they are not installed")
    digest = sha256((package / "package-lock.json").read_bytes()).hexdigest()[:16]
    home = ROOT / ".editor" / digest
    with _alone(home):
        if not (home / "node_modules").is_dir():
            _install(npm, package, home, what)
    return node, home / "node_modules"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Wait until no other process of this test run installs the same."""
    home.parent.mkdir(exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(npm: str, package: Path, home: Path, what: str) -> None:
    """Install exactly what the lock names, and run no script of any package."""
    # Elsewhere, so that what was broken off halfway is never taken for the whole.
    begun = home.with_suffix(".begun")
    shutil.rmtree(begun, ignore_errors=True)
    shutil.copytree(package, begun)
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ran = subprocess.run(words, cwd=begun, capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        shutil.rmtree(home, ignore_errors=True)
        begun.rename(home)
    else:
        shutil.rmtree(begun)
        if any(code in ran.stderr for code in NO_NETWORK):
            pytest.skip(f"{what} is not installed, and npm reaches no registry")
        pytest.fail(f"npm ci failed:\n{ran.stderr}")
