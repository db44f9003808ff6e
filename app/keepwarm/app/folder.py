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
#: Where `keepwarm init` puts them; whoever names the folder around it means this one.
_WITHIN: Final = "playbooks/"


class FolderRefused(Exception):
    """The folder of playbooks cannot be used; says why, and how to mend it."""


def read_folder(folder: Path) -> Workspace:
    """Read every playbook, catalog, template, test and policy of a folder.

    Raises:
        FolderRefused: there is no such folder, nothing in it, or far too much.
    """
    return read_workspace(files_in(folder))


def files_in(folder: Path) -> Mapping[str, bytes]:
    """Give the files of the language by their paths in the folder, with slashes."""
    if folder.is_file():
        raise FolderRefused(
            f"{folder} is a file. Name the folder that your playbooks lie in: --playbooks DIR"
        )
    if not folder.is_dir():
        raise FolderRefused(
            f"There is no folder {folder}. Name the folder of your playbooks: --playbooks DIR, "
            "or begin with one that works: keepwarm init"
        )
    files: dict[str, bytes] = {}
    for path in _paths(folder):
        if len(files) >= _MOST_FILES:
            raise FolderRefused(
                f"{folder} holds more than {_MOST_FILES:,} files. Is it the folder of playbooks?"
            )
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    _refuse_another(folder, files)
    return files


def _refuse_another(folder: Path, files: Mapping[str, bytes]) -> None:
    """Refuse a folder that is not the one of playbooks: with nothing in it, all is well for ever.

    And to apply it would end whatever is live.
    """
    if not files:
        raise FolderRefused(
            f"There is nothing in {folder}: no playbook, no catalog, no template. Name the folder "
            "of your playbooks: --playbooks DIR, or begin with one that works: keepwarm init"
        )
    if all(path.startswith(_WITHIN) for path in files):
        raise FolderRefused(
            f"The playbooks lie one folder further in: --playbooks {(folder / _WITHIN).as_posix()}"
        )


def _paths(folder: Path) -> Iterator[Path]:
    # Links are not followed: they may lead out of the folder, and in circles.
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if name.endswith(_READ) and not name.startswith(".") and not path.is_symlink():
                yield path
