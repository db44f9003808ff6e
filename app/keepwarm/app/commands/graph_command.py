"""Draw a playbook as a Mermaid picture, which GitHub and Prefect show.

  keepwarm graph dormant-win-back

The picture goes between ```mermaid and ``` in a Markdown file.
"""

from __future__ import annotations

import argparse
import sys

from keepwarm.app.checking import check_folder
from keepwarm.app.shown import add_playbooks
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.drawing import mermaid
from keepwarm.schema.problems import as_text
from keepwarm.schema.suggestions import closest, listed


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    parser.add_argument("playbook", metavar="PLAYBOOK")


def run(given: argparse.Namespace) -> int:
    """Print the picture, and give the exit code."""
    checked = check_folder(given.playbooks)
    workspace = checked.workspace
    playbook = workspace.playbooks.get(given.playbook)
    if playbook is None:
        own = [p for p in checked.problems if p.file == f"{given.playbook}.yaml"]
        if own:
            sys.stderr.write(as_text(own, workspace.sources) + "\n")
        else:
            near = closest(given.playbook, workspace.playbooks)
            hint = (
                f'Did you mean "{near}"?' if near else f"There are {listed(workspace.playbooks)}."
            )
            sys.stderr.write(f'There is no playbook "{given.playbook}". {hint}\n')
        return 1
    print(mermaid(compile_plan(playbook, workspace.catalog, workspace.policies)))
    return 0
