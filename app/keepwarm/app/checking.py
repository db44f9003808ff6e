"""Checking a folder on the disk."""

from __future__ import annotations

from pathlib import Path

from keepwarm.app.folder import files_in
from keepwarm.schema.checking import Checked, check


def check_folder(folder: Path) -> Checked:
    """Read a folder and find everything that is wrong in it.

    Raises:
        FolderRefused: the folder cannot be read.
    """
    return check(files_in(folder))
