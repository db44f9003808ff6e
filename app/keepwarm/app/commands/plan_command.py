"""Show what applying a folder would change, against what is live. Nothing is applied.

  keepwarm plan                            in the terminal
  keepwarm plan --format markdown          as a comment on a pull request
  keepwarm plan --days 30                  whom it would have touched in the last 30 days
  keepwarm plan --no-replay                only what is written, at once

Formatting, comments and the order of keys are never a change. Exits with 0 when there is nothing
to change, with 2 when there is, with 1 when the folder has a problem.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from keepwarm.app.shown import add_by, add_colour, add_playbooks, days_back

if TYPE_CHECKING:
    from keepwarm.app.comparing import Comparison
    from keepwarm.app.settings import Settings
    from keepwarm.engine.proposing.proposal import Proposal
    from keepwarm.store.database import Database

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
    parser.add_argument(
        "--days",
        type=days_back,
        default=90,
        metavar="N",
        help="how much recorded history is lived again (default: 90)",
    )
    parser.add_argument(
        "--no-replay", action="store_true", help="leave out whom the changes would have touched"
    )


def run(given: argparse.Namespace) -> int:
    """Print the plan, and give the exit code."""
    from keepwarm.app.folder_problems import problems_said
    from keepwarm.app.planning import make_plan
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.schema.problems import PlaybookRefused

    settings = read_settings()
    try:
        with closing(open_and_migrate(settings)) as database:
            comparison, proposal = make_plan(database, given.playbooks, given.by, clock())
            if proposal.is_felt and not given.no_replay:
                proposal = _with_effects(database, settings, comparison, proposal, given.days)
    except PlaybookRefused as refused:
        sys.stderr.write(problems_said(refused, given.playbooks) + "\nThere is no plan.\n")
        return 1
    print(_written(proposal, given))
    return CHANGES if proposal.is_change else 0


def _with_effects(
    database: Database, settings: Settings, comparison: Comparison, proposal: Proposal, days: int
) -> Proposal:
    """Give the proposal with whom it would have touched."""
    from keepwarm.app.foreseeing import foresee, prepare
    from keepwarm.app.wiring import secret_of

    where = settings.database_url, secret_of(settings).derived("addresses")
    since = proposal.as_of - timedelta(days=days)
    processes = os.cpu_count() or 1
    is_seen = sys.stderr.isatty()
    scoring = partial(_show, "Computing the scores of each night") if is_seen else None
    living = partial(_show, "Living the recorded days again") if is_seen else None
    try:
        foresight = prepare(database, comparison, where, since, proposal.as_of, scoring)
        effects = foresee(database, foresight, processes, living)
    finally:
        if is_seen:
            sys.stderr.write("\r\x1b[K")
    return replace(proposal, effects=effects)


def _show(what: str, done: int, parts: int) -> None:
    sys.stderr.write(f"\r\x1b[K{what}: {done / parts:.0%}")
    sys.stderr.flush()


def _written(proposal: Proposal, given: argparse.Namespace) -> str:
    from keepwarm.app.paint import paint_for
    from keepwarm.engine.proposing.as_json import as_json
    from keepwarm.engine.proposing.as_markdown import as_markdown
    from keepwarm.engine.proposing.as_text import as_text

    match given.format:
        case "json":
            return as_json(proposal)
        case "markdown":
            return as_markdown(proposal)
        case _:
            return as_text(proposal, paint_for(given, sys.stdout))
