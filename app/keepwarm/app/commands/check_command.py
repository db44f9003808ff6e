"""Find every fault in every playbook.

  keepwarm check                       the folder ./playbooks
  keepwarm check --playbooks DIR       another folder
  keepwarm check --fix                 mends what can be mended in one way only
  keepwarm check --format github       annotations on a pull request
  keepwarm check --format sarif        for code scanning

docs/rules.md has every rule with an example, and says how to allow one in place.
Exits with 0 when all is well, with 1 when there are problems, with 2 when it was called wrongly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from keepwarm.app.checking import check_files, rules_on
from keepwarm.app.folder import files_in
from keepwarm.app.rule_pages import rule_pages
from keepwarm.app.shown import add_colour, add_playbooks, wants_colour
from keepwarm.schema.checking import Checked
from keepwarm.schema.fixing import Fixed, fixed
from keepwarm.schema.problems import Problem, as_github, as_json, as_sarif, as_text


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
    parser.add_argument(
        "--fix", action="store_true", help="mend what can be mended in one way only"
    )


def run(given: argparse.Namespace) -> int:
    """Check the folder, and give the exit code."""
    folder: Path = given.playbooks
    files = files_in(folder)
    if given.fix:
        mended = fixed(files, lambda each: check_files(each).problems)
        _write(folder, mended, is_told=given.format == "text")
        files = mended.files
    checked = check_files(files)
    _tell(checked, folder, given)
    return 1 if checked.problems else 0


def _write(folder: Path, mended: Fixed, *, is_told: bool) -> None:
    for file in sorted({fix.file for fix in mended.fixes}):
        (folder / file).write_bytes(mended.files[file])
    if is_told and mended.fixes:
        count = len(mended.fixes)
        print(*mended.fixes, sep="\n")
        print(f"{count} correction{'' if count == 1 else 's'} made.\n")


def _tell(checked: Checked, folder: Path, given: argparse.Namespace) -> None:
    problems = checked.problems
    match given.format:
        case "json":
            print(as_json(problems), end="")
        case "github":
            print(as_github(_from_here(problems, folder)), end="")
        case "sarif":
            abouts = {rule.name: rule.about for rule in rules_on(datetime.now(UTC).date())}
            named = _from_here(problems, folder)
            print(as_sarif(named, abouts, version("keepwarm"), rule_pages()), end="")
        case _ if problems:
            colour = wants_colour(given, sys.stdout)
            print(as_text(problems, checked.workspace.sources, colour=colour), end="")
        case _:
            count = len(checked.workspace.playbooks)
            print(f"{count} playbook{'' if count == 1 else 's'} checked, no problems.")


def _from_here(problems: Sequence[Problem], folder: Path) -> list[Problem]:
    """Name files as the repository does, in which the command is run: a forge knows no other."""
    if folder.is_absolute():
        return list(problems)
    return [replace(each, file=(folder / each.file).as_posix()) for each in problems]
