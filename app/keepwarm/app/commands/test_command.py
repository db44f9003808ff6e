"""Play the stories of playbooks: what happens to somebody, and what should come of it.

  keepwarm test                           every story of every playbook
  keepwarm test failed-payment            those of one playbook
  keepwarm test --story "pays"            those whose name has these words
  keepwarm test --show                    with all that did happen, also where all is well
  keepwarm test --format junit            for a build server; also json and github
  keepwarm test --record 00018            a story made from the latest run of a customer
  keepwarm test --record 00018 failed-payment --append    written to its stories at once

A recorded story holds nothing personal: names, addresses and identifiers are replaced, and moments
are told from the day it began. What happened is what it expects.

Shows the branches that no story took; --every-branch fails because of them.
Exits with 0 when every story came true, with 1 when not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from keepwarm.app.checking import check_folder
from keepwarm.app.choosing import hint_for
from keepwarm.app.paint import paint_for
from keepwarm.app.shown import add_colour, add_playbooks
from keepwarm.app.testing.as_text import as_text, summary
from keepwarm.app.testing.reports import as_github, as_json, as_junit
from keepwarm.app.testing.results import Tested, play_stories
from keepwarm.schema.problems import as_text as problems_as_text
from keepwarm.schema.stories import Stories
from keepwarm.schema.workspace import Workspace


class TestRefused(Exception):
    """There is nothing of the kind to play; says what there is."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    parser.add_argument("playbook", nargs="*", metavar="PLAYBOOK", help="only these")
    parser.add_argument(
        "--story", default="", metavar="WORDS", help="only stories whose name has these words"
    )
    parser.add_argument("--show", action="store_true", help="tell all that did happen")
    parser.add_argument(
        "--every-branch", action="store_true", help="fail when a branch is taken by no story"
    )
    parser.add_argument(
        "--record", metavar="CUSTOMER", help="make a story of this customer's latest run"
    )
    parser.add_argument(
        "--append", action="store_true", help="write what is recorded to the playbook's stories"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit", "github"),
        default="text",
        help="how it is told (default: text)",
    )


def run(given: argparse.Namespace) -> int:
    """Play the stories, and give the exit code."""
    checked = check_folder(given.playbooks)
    if checked.problems:
        sys.stderr.write(problems_as_text(checked.problems, checked.workspace.sources) + "\n")
        sys.stderr.write("\nStories are played when `keepwarm check` finds nothing.\n")
        return 1
    workspace = checked.workspace
    if given.record is not None:
        from keepwarm.app.testing.record_command import run_recording

        return run_recording(workspace, given)
    chosen = _chosen(workspace, given.playbook)
    all_tested = [play_stories(workspace, stories, given.story) for stories in chosen]
    if given.story:
        all_tested = [tested for tested in all_tested if tested.verdicts]
        if not all_tested:
            raise TestRefused(f'No story has "{given.story}" in its name.')
    _tell(all_tested, workspace, given)
    misses = any(tested.ways_not_taken for tested in all_tested)
    failed = any(tested.failed for tested in all_tested)
    return 1 if failed or (given.every_branch and misses) else 0


def _chosen(workspace: Workspace, names: Sequence[str]) -> list[Stories]:
    stories = {each.tests_for: each for each in workspace.stories.values()}
    unknown = next((name for name in names if name not in stories), None)
    if unknown is not None:
        hint = hint_for(unknown, stories, "There are stories for")
        raise TestRefused(f'There are no stories for "{unknown}". {hint}')
    return [stories[name] for name in names or sorted(stories)]


def _tell(all_tested: Sequence[Tested], workspace: Workspace, given: argparse.Namespace) -> None:
    match given.format:
        case "json":
            print(as_json(all_tested))
        case "junit":
            print(as_junit(all_tested, given.playbooks))
        case "github":
            print(as_github(all_tested, given.playbooks))
        case _:
            paint = paint_for(given, sys.stdout)
            for tested in all_tested:
                print(as_text(tested, workspace.sources, paint, show=given.show))
            print(summary(all_tested, paint))
