"""Say why a customer did, or did not, get something: each decision, what it saw and wanted.

  keepwarm explain 00018                      everything
  keepwarm explain 00018 dormant-win-back     one playbook

Times are the customer's own. A line `playbook.yaml:12` is where the condition stands. Who never
entered a playbook is held against its conditions as they are now.
"""

from __future__ import annotations

import argparse
import sys

from keepwarm.app.shown import at_least_one


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("customer", metavar="CUSTOMER", help="your own identifier of the customer")
    parser.add_argument("playbook", nargs="?", metavar="PLAYBOOK")
    parser.add_argument(
        "--runs",
        type=at_least_one,
        default=20,
        metavar="N",
        help="how many runs at most (default: 20)",
    )


def run(given: argparse.Namespace) -> int:
    """Print the timeline, and give the exit code."""
    from keepwarm.app.commands.pause_command import known_playbook
    from keepwarm.app.explaining import explain
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate

    database = open_and_migrate(read_settings())
    try:
        with database.reading() as cx:
            if given.playbook:
                known_playbook(cx, given.playbook)
            lines = explain(cx, given.customer, given.playbook, given.runs, clock())
    finally:
        database.close()
    if lines is None:
        sys.stderr.write(
            f'keepwarm: There is no customer "{given.customer}". Give your own identifier, as in'
            " customer_id of an import or userId of an event; addresses are not looked up.\n"
        )
        return 1
    print("\n".join(lines))
    return 0
