"""The playbooks that Keepwarm ships, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from keepwarm.schema.checking import Checked, check

FOLDER = Path(__file__).parents[2] / "playbooks"


@cache
def files() -> dict[str, bytes]:
    """Give every file of the folder by its path in it."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@cache
def checked() -> Checked:
    """Give the folder as `keepwarm check` sees it."""
    return check(files())
