"""Checking a folder: what reading found, and what the rules over the whole found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keepwarm.app.folder import read_folder
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.rules.registry import problems_of
from keepwarm.schema.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder with everything that is wrong in it."""

    workspace: Workspace
    problems: tuple[Problem, ...]


def check_folder(folder: Path) -> Checked:
    """Read a folder and ask every rule.

    Raises:
        FolderRefused: the folder cannot be read.
    """
    workspace = read_folder(folder)
    return Checked(workspace, in_order((*workspace.problems, *problems_of(workspace))))
