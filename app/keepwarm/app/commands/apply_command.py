"""Make the playbooks of a folder live, all or nothing.

  keepwarm apply                       the folder ./playbooks
  keepwarm apply --note "win-back v2"  with a word on why

Customers who are inside a playbook finish on the version they entered. Nothing is changed when
the folder has a problem.
"""

from __future__ import annotations

import argparse
import sys

from keepwarm.app.applying import Applied, apply_folder
from keepwarm.app.shown import add_by, add_playbooks
from keepwarm.schema.problems import PlaybookRefused, as_text


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_by(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="why, for those who look later")


def run(given: argparse.Namespace) -> int:
    """Apply the folder, and give the exit code."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate

    database = open_and_migrate(read_settings())
    try:
        applied = apply_folder(database, given.playbooks, given.by, given.note, clock())
    except PlaybookRefused as refused:
        sources = {
            problem.file: (given.playbooks / problem.file).read_text(errors="replace")
            for problem in refused.problems
            if (given.playbooks / problem.file).is_file()
        }
        sys.stderr.write(as_text(refused.problems, sources) + "\nNothing was applied.\n")
        return 1
    finally:
        database.close()
    print(said(applied))
    return 0


def said(applied: Applied) -> str:
    """Say what applying came to."""
    if not applied.is_change:
        return "Nothing to apply: what the folder says is live already."
    named = (("added", applied.added), ("changed", applied.changed), ("removed", applied.removed))
    lines = [f"  {word} {name}" for word, names in named for name in names]
    return "\n".join(("Applied.", *lines))
