"""The commit at which a folder of playbooks stands."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit_of(folder: Path) -> str:
    """Give the commit that the folder is at, with `+` where files differ; empty without git."""
    try:
        head = _git(folder, "rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git(folder, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(folder: Path, *words: str) -> str:
    ran = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["git", "-C", str(folder), *words],  # noqa: S607 - the operator's own git
        capture_output=True,
        check=True,
        text=True,
        timeout=10,
    )
    return ran.stdout.strip()
