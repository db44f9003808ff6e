"""Make the playbooks of a folder live, all or nothing.

  keepwarm apply                       what the folder says now
  keepwarm apply 8c41e0d2ab            exactly that plan, or nothing: see `keepwarm plan`
  keepwarm apply 8c41e0d2ab --approved-by bea@acme.example
  keepwarm apply --planned             the plan that was made of just this content, for CI

A change of money, of what we allow ourselves, or of a channel needs a name, and so a plan: somebody
approves what they have seen. Nothing is changed when the folder has a problem, or when the plan is
stale. `keepwarm rollback` goes back.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from keepwarm.app.shown import add_by, add_colour, add_playbooks

if TYPE_CHECKING:
    from keepwarm.app.applying import Applied
    from keepwarm.app.planning import Hand
    from keepwarm.engine.proposing.proposal import Proposal
    from keepwarm.store.database import Database


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("plan", nargs="?", metavar="PLAN", help="the plan to carry out")
    which.add_argument(
        "--planned", action="store_true", help="the last plan that was made of this content"
    )
    parser.add_argument(
        "--approved-by",
        action="append",
        default=[],
        metavar="WHO",
        help="who approved the plan; again for another name",
    )
    add_playbooks(parser)
    add_colour(parser)
    add_by(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="why, for those who look later")


def run(given: argparse.Namespace) -> int:
    """Apply the folder, and give the exit code."""
    from keepwarm.app.folder_problems import problems_said
    from keepwarm.app.paint import paint_for
    from keepwarm.app.planning import Hand
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.engine.proposing.as_text import brief
    from keepwarm.schema.problems import PlaybookRefused

    if given.approved_by and given.plan is None and not given.planned:
        sys.stderr.write(
            "keepwarm: --approved-by needs the plan that was approved: somebody answers for what"
            " they have seen. `keepwarm plan` says its name.\n"
        )
        return 2
    try:
        with closing(open_and_migrate(read_settings())) as database:
            hand = Hand(given.by, given.note, clock())
            proposal, applied = _apply(database, given, hand)
    except PlaybookRefused as refused:
        sys.stderr.write(problems_said(refused, given.playbooks) + "\nNothing was applied.\n")
        return 1
    if applied.is_change or applied.shared_is_new:
        print(brief(proposal, paint_for(given, sys.stdout)))
    print(said(applied))
    return 0


def _apply(database: Database, given: argparse.Namespace, hand: Hand) -> tuple[Proposal, Applied]:
    from keepwarm.app.planning import apply_now, apply_planned

    if given.plan is None and not given.planned:
        return apply_now(database, given.playbooks, hand)
    return apply_planned(database, given.playbooks, given.plan, given.approved_by, hand)


def said(applied: Applied) -> str:
    """Say what applying came to."""
    if applied.shared_is_new:
        return "Applied: no playbook changes; the catalog and the policies are in force now."
    if not applied.is_change:
        return "Nothing to apply: what the folder says is live already."
    return f"Applied, as release {applied.release}. `keepwarm rollback` goes back."
