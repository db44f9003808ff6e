"""Show what applying a folder would change, against what is live. Nothing is applied.

  keepwarm plan                            in the terminal
  keepwarm plan --format markdown          as a comment on a pull request
  keepwarm plan --playbooks DIR            another folder

Formatting, comments and the order of keys are never a change. Exits with 0 when there is nothing
to change, with 2 when there is, with 1 when the folder has a problem.
"""

from __future__ import annotations

import argparse
import sys

from keepwarm.app.shown import add_by, add_colour, add_playbooks

#: The exit code of a plan that has something to apply.
CHANGES = 2


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    add_by(parser)
    parser.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        default="text",
        help="how the plan is written (default: text)",
    )


def run(given: argparse.Namespace) -> int:
    """Print the plan, and give the exit code."""
    from keepwarm.app.folder_problems import problems_said
    from keepwarm.app.paint import paint_for
    from keepwarm.app.planning import make_plan
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.engine.proposing.as_json import as_json
    from keepwarm.engine.proposing.as_markdown import as_markdown
    from keepwarm.engine.proposing.as_text import as_text
    from keepwarm.schema.problems import PlaybookRefused

    database = open_and_migrate(read_settings())
    try:
        _, proposal = make_plan(database, given.playbooks, given.by, clock())
    except PlaybookRefused as refused:
        sys.stderr.write(problems_said(refused, given.playbooks) + "\nThere is no plan.\n")
        return 1
    finally:
        database.close()
    match given.format:
        case "json":
            print(as_json(proposal))
        case "markdown":
            print(as_markdown(proposal))
        case _:
            print(as_text(proposal, paint_for(given, sys.stdout)))
    return CHANGES if proposal.is_change else 0
