"""Replay recorded history with the playbooks of the folder, applied or not, and tell what comes.

  keepwarm simulate                          all that are live or in shadow, over 90 days
  keepwarm simulate dormant-win-back         one, a draft too, as if it were live
  keepwarm simulate --days 30 --until 2026-03-31

Nothing is sent and nothing is changed. Every customer's events, attributes and consents are lived
through again as they became known, with the same decisions and the same gates. What such a replay
cannot know is named below the numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, time, timedelta
from functools import partial

from keepwarm.app.paint import paint_for
from keepwarm.app.shown import (
    add_colour,
    add_playbooks,
    day_meant,
    days_back,
    how_many,
    wants_colour,
)
from keepwarm.schema.workspace import Workspace

#: More processes than this wait for each other at the database.
_MOST_PROCESSES = 8


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    parser.add_argument("playbook", nargs="*", metavar="PLAYBOOK", help="only these")
    parser.add_argument(
        "--days", type=days_back, default=90, metavar="N", help="how many days (default: 90)"
    )
    parser.add_argument(
        "--until",
        type=day_meant,
        metavar="DATE",
        help="the last day, as 2026-03-31 (default: today)",
    )
    parser.add_argument(
        "--processes",
        type=how_many,
        default=min(os.cpu_count() or 1, _MOST_PROCESSES),
        metavar="N",
        help="how many processes share the customers (default: one a processor)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(given: argparse.Namespace) -> int:
    """Simulate, print what was found, and give the exit code."""
    from keepwarm.app.checking import check_files
    from keepwarm.app.choosing import no_such_playbook
    from keepwarm.app.folder import files_in
    from keepwarm.schema.problems import as_text

    files = files_in(given.playbooks)
    checked = check_files(files)
    if checked.problems:
        sys.stderr.write(as_text(checked.problems, checked.workspace.sources) + "\n")
        sys.stderr.write("\nPlaybooks are simulated when `keepwarm check` finds nothing.\n")
        return 1
    workspace = checked.workspace
    unknown = [name for name in given.playbook if name not in workspace.playbooks]
    if unknown:
        sys.stderr.write(f"keepwarm: {no_such_playbook(unknown[0], workspace.playbooks)}\n")
        return 2
    return _simulate(given, files, workspace)


def _simulate(given: argparse.Namespace, files: Mapping[str, bytes], workspace: Workspace) -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.simulating.running import plans_of, playbooks_in, prepare, simulate
    from keepwarm.app.simulating.telling import Told, as_json, as_text
    from keepwarm.app.up.telling import Teller
    from keepwarm.app.wiring import clock, open_and_migrate, secret_of

    settings = read_settings()
    plans = plans_of(workspace, playbooks_in(workspace, given.playbook))
    if not plans:
        sys.stderr.write("keepwarm: No playbook is live or in shadow. Name a draft to try it.\n")
        return 2
    until = _end(given.until, workspace.catalog.timezone, clock())
    since = until - timedelta(days=given.days)
    with closing(open_and_migrate(settings)) as database:
        pepper = secret_of(settings).derived("addresses")
        url = settings.database_url
        teller = Teller(sys.stderr, colour=wants_colour(given, sys.stderr))
        with teller.bars() as show:
            simulation = prepare(
                database, url, pepper, files, plans, since, until, partial(show, "scoring")
            )
            found = simulate(
                database,
                simulation,
                given.processes,
                partial(show, "replaying"),
            )
    if not found.customers:
        sys.stderr.write(
            "keepwarm: There is nobody to replay. Bring customers in first, as in"
            " `keepwarm import customers people.csv`.\n"
        )
        return 1
    costs = workspace.policies.thousand_messages_cost
    told = Told(plans, since, until, found, costs, simulation.gone)
    if given.format == "json":
        print(json.dumps(as_json(told), indent=2, ensure_ascii=False))
    else:
        print(as_text(told, paint_for(given, sys.stdout)))
    return 0


def _end(day: date | None, timezone: str, now: datetime) -> datetime:
    """Give the end of a day where the project is; not later than now."""
    from keepwarm.engine.timing import local_moment, zone_named

    if day is None:
        return now
    return min(now, local_moment(day + timedelta(days=1), time(), zone_named(timezone)))
