"""Playbooks that a command is asked for, one or all; a name that none of them has is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from keepwarm.app.checking import check_folder
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Plan
from keepwarm.schema.problems import as_text
from keepwarm.schema.suggestions import closest, listed
from keepwarm.schema.workspace import Workspace


class ChoiceRefused(Exception):
    """The playbook that was asked for cannot be used; says why, and what to write instead."""


def plans_in(folder: Path, wanted: str | None) -> tuple[Workspace, Mapping[str, Plan]]:
    """Read a folder, and compile the playbook that is wanted, or all that have no problem.

    Raises:
        ChoiceRefused: there is no such playbook, or it has problems.
    """
    checked = check_folder(folder)
    workspace = checked.workspace
    if wanted is not None and wanted not in workspace.playbooks:
        own = [each for each in checked.problems if each.file == f"{wanted}.yaml"]
        if own:
            raise ChoiceRefused(f"{wanted} has problems.\n{as_text(own, workspace.sources)}")
        raise ChoiceRefused(no_such_playbook(wanted, workspace.playbooks))
    names = [wanted] if wanted is not None else sorted(workspace.playbooks)
    return workspace, {
        name: compile_plan(workspace.playbooks[name], workspace.catalog, workspace.policies)
        for name in names
    }


def no_such_playbook(name: str, known: Collection[str], says: str = "There are") -> str:
    """Say that there is no such playbook, and which was meant, or else which there are."""
    return f'There is no playbook "{name}". {hint_for(name, known, says)}'


def hint_for(name: str, known: Collection[str], says: str) -> str:
    """Say which known name was meant by one that is not known, or else which there are."""
    near = closest(name, known)
    return f'Did you mean "{near}"?' if near else f"{says} {listed(known) or 'none'}."
