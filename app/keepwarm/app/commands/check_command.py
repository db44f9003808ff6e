"""Find every fault in every playbook.

  keepwarm check                       the folder ./playbooks
  keepwarm check --playbooks DIR       another folder
  keepwarm check --format github       annotations on a pull request

Exits with 0 when all is well, with 1 when there are problems.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from keepwarm.app.checking import check_folder
from keepwarm.app.shown import add_colour, add_playbooks, wants_colour
from keepwarm.schema.problems import as_github, as_json, as_sarif, as_text
from keepwarm.schema.rules.registry import RULES


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="how problems are written (default: text)",
    )


def run(given: argparse.Namespace) -> int:
    """Check the folder, and give the exit code."""
    folder: Path = given.playbooks
    checked = check_folder(folder)
    problems = checked.problems
    match given.format:
        case "json":
            print(as_json(problems))
        case "github":
            print(as_github(problems))
        case "sarif":
            print(as_sarif(problems, {rule.name: rule.about for rule in RULES}))
        case _:
            colour = wants_colour(given, sys.stdout)
            if problems:
                print(as_text(problems, checked.workspace.sources, colour=colour))
            else:
                count = len(checked.workspace.playbooks)
                print(f"{count} playbook{'' if count == 1 else 's'} checked, no problems.")
    return 1 if problems else 0
