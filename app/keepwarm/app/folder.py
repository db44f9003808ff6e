"""The playbooks' folder on the disk, read as a workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from keepwarm.schema.workspace import Workspace, read_workspace

_READ: Final = (".yaml", ".yml", ".mjml", ".txt")
#: A folder of playbooks holds texts; more than this is some other folder.
_MOST_FILES: Final = 20_000


class FolderRefused(Exception):
    """The folder of playbooks cannot be used; says why, and how to mend it."""


def read_folder(folder: Path) -> Workspace:
    """Read every playbook, catalog, template, test and policy of a folder.

    Raises:
        FolderRefused: there is no such folder, or it holds far too much.
    """
    return read_workspace(files_in(folder))


def files_in(folder: Path) -> Mapping[str, bytes]:
    """Give the files of the language by their paths in the folder, with slashes."""
    if not folder.is_dir():
        raise FolderRefused(
            f"There is no folder {folder}. Name the folder of your playbooks: --playbooks DIR"
        )
    files: dict[str, bytes] = {}
    for path in _paths(folder):
        if len(files) >= _MOST_FILES:
            raise FolderRefused(
                f"{folder} holds more than {_MOST_FILES:,} files. Is it the folder of playbooks?"
            )
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def _paths(folder: Path) -> Iterator[Path]:
    # Links are not followed: they may lead out of the folder, and in circles.
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if name.endswith(_READ) and not name.startswith(".") and not path.is_symlink():
                yield path
