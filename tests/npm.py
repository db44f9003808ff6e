"""Programs from npm that tests drive: installed at their first use, pinned and hashed."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What npm says when it reached no registry at all; whatever else it says is a fault of ours.
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def installed(package: Path, what: str) -> tuple[str, Path]:
    """Give node, and the folder that holds what a folder's lock names; `what` says what it is."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(f"{what} needs node and npm, and they are not installed")
    digest = sha256((package / "package-lock.json").read_bytes()).hexdigest()[:16]
    home = ROOT / ".editor" / digest
    if not (home / "node_modules").is_dir():
        _install(npm, package, home, what)
    return node, home / "node_modules"


def _install(npm: str, package: Path, home: Path, what: str) -> None:
    """Install exactly what the lock names, and run no script of any package."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(package, home)
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ran = subprocess.run(words, cwd=home, capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode:
        shutil.rmtree(home)
        if any(code in ran.stderr for code in NO_NETWORK):
            pytest.skip(f"{what} is not installed, and npm reaches no registry")
        pytest.fail(f"npm ci failed:\n{ran.stderr}")
