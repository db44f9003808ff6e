"""Play the stories of playbooks: what happens to somebody, and what should come of it.

  keepwarm test                        every story of every playbook
  keepwarm test failed-payment         those of one playbook
  keepwarm test --show                 with all that did happen, also where all is well

Shows the branches that no story took. Exits with 0 when every story came true, with 1 when not.
"""

from __future__ import annotations

import argparse
import sys

from keepwarm.app.checking import check_folder
from keepwarm.app.paint import paint_for
from keepwarm.app.shown import add_colour, add_playbooks
from keepwarm.app.telling import tell_playbook
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.playing import play
from keepwarm.engine.story_verdicts import judge_story
from keepwarm.schema.problems import as_text
from keepwarm.schema.suggestions import closest, listed


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    parser.add_argument("playbook", nargs="*", metavar="PLAYBOOK", help="only these")
    parser.add_argument("--show", action="store_true", help="tell all that did happen")


def run(given: argparse.Namespace) -> int:
    """Play the stories, and give the exit code."""
    checked = check_folder(given.playbooks)
    if checked.problems:
        sys.stderr.write(as_text(checked.problems, checked.workspace.sources) + "\n")
        sys.stderr.write("\nStories are played when `keepwarm check` finds nothing.\n")
        return 1
    workspace = checked.workspace
    stories = {each.tests_for: each for each in workspace.stories.values()}
    unknown = [name for name in given.playbook if name not in stories]
    if unknown:
        near = closest(unknown[0], stories)
        hint = f'Did you mean "{near}"?' if near else f"There are stories for {listed(stories)}."
        sys.stderr.write(f'There are no stories for "{unknown[0]}". {hint}\n')
        return 2
    paint = paint_for(given, sys.stdout)
    passed = failed = 0
    for name in given.playbook or sorted(stories):
        playbook = workspace.playbooks[name]
        plan = compile_plan(playbook, workspace.catalog, workspace.policies)
        verdicts = [
            judge_story(story, play(plan, workspace.catalog, story))
            for story in stories[name].tests
        ]
        print(tell_playbook(stories[name], plan, verdicts, paint, show=given.show))
        passed += sum(verdict.passed for verdict in verdicts)
        failed += sum(not verdict.passed for verdict in verdicts)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
