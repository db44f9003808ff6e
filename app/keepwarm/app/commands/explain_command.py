"""Say why a customer did, or did not, get something: each decision, what it saw and wanted.

  keepwarm explain 00018                      everything
  keepwarm explain 00018 dormant-win-back     one playbook
  keepwarm explain anna@example.com           by an e-mail address or a phone number
  keepwarm explain 00018 --at "2026-11-02 10:00"   as one would have been told then

Times are the customer's own. A line `playbook.yaml:12` is where the condition stands. Who never
entered a playbook is held against its conditions as they are now, or were then. The service shows
the same at /explain, with links to the messages.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from keepwarm.app.paint import paint_for
from keepwarm.app.shown import add_colour, how_many


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "customer",
        metavar="CUSTOMER",
        help="your own identifier of the customer, an e-mail address or a phone number",
    )
    parser.add_argument("playbook", nargs="?", metavar="PLAYBOOK")
    parser.add_argument(
        "--runs",
        type=how_many,
        default=20,
        metavar="N",
        help="how many runs at most, the latest (default: 20)",
    )
    parser.add_argument(
        "--at",
        metavar="MOMENT",
        help="as of an earlier moment: 2026-11-02 (when that day ended), '2026-11-02 10:00' by the"
        " customer's clock, or 2026-11-02T09:00Z",
    )
    add_colour(parser)


def run(given: argparse.Namespace) -> int:
    """Print the timeline, and give the exit code."""
    from keepwarm.app.commands.pause_command import known_playbook
    from keepwarm.app.explaining.explain import explain, zones_of_customer
    from keepwarm.app.explaining.finding import find_meant
    from keepwarm.app.explaining.text import as_text
    from keepwarm.app.moments import NoMomentError, moment_meant
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.flows.shelf import Shelf

    try:
        with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
            if given.playbook:
                known_playbook(cx, given.playbook)
            meant = find_meant(cx, given.customer)
            if len(meant) != 1:
                sys.stderr.write(_nobody_or_many(given.customer, [one.customer for one in meant]))
                return 1
            shelf, now = Shelf(), clock()
            at = None
            if given.at is not None:
                at = moment_meant(given.at, zones_of_customer(cx, shelf, meant[0]).name, now)
            told = explain(cx, shelf, meant[0], now, given.playbook, given.runs, at)
    except NoMomentError as none:
        sys.stderr.write(f"keepwarm: {none}\n")
        return 2
    sys.stdout.write(as_text(told, paint_for(given, sys.stdout)))
    return 0


def _nobody_or_many(said: str, identifiers: list[str]) -> str:
    if not identifiers:
        return (
            f'keepwarm: There is no customer "{said}". Give your own identifier, as in'
            " customer_id of an import or userId of an event, an e-mail address or a phone"
            " number.\n"
        )
    listed = ", ".join(identifiers)
    return f"keepwarm: {len(identifiers)} customers have this address: {listed}. Name one.\n"
