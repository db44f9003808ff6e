"""Go back to what was live before, at once.

  keepwarm rollback --reason "too many complaints"
  keepwarm rollback --to 4 --reason "back to Monday"

One pointer flips: playbooks run as they did, by their templates, segments and policies of then.
The catalog by which what arrives is read, and where alarms go, stay as they were applied last, so
that nothing that is told meanwhile is lost. Customers who entered meanwhile finish on the version
they entered; `keepwarm pause` holds them. Who went back, when and why is kept: `keepwarm releases`
shows it.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from keepwarm.app.shown import add_by, how_many, in_words


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--to",
        type=how_many,
        metavar="RELEASE",
        help="which release (default: the one before what is live)",
    )
    parser.add_argument(
        "--reason", type=in_words, required=True, metavar="TEXT", help="why, for everybody else"
    )
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Go back, and give the exit code."""
    from keepwarm.app.rolling_back import roll_back, what_stays
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.versions import NoSuchRelease, NothingBefore, Release

    with closing(open_and_migrate(read_settings())) as database:
        back = roll_back(database, given.by, given.reason, clock(), given.to)
        stays = what_stays(database, back) if isinstance(back, Release) else ""
    match back:
        case NothingBefore():
            sys.stderr.write("keepwarm: There is nothing to go back to.\n")
            return 1
        case NoSuchRelease():
            sys.stderr.write(
                f"keepwarm: There is no release {given.to}. `keepwarm releases` shows them.\n"
            )
            return 1
        case _:
            count = len(back.versions)
            print(f"Release {back.id} is live again: {count} playbook{'' if count == 1 else 's'}.")
            print(stays)
            return 0
