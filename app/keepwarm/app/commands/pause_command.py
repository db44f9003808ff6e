"""Stop a playbook's sends at once, or all of them.

  keepwarm pause dormant-win-back --reason "wrong prices in the mail"
  keepwarm pause --all --reason "incident 4711"

Nothing is lost: what is queued waits, and nobody enters, until `keepwarm resume`.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from keepwarm.app.shown import add_by, in_words

if TYPE_CHECKING:
    from keepwarm.store.connection import Connection


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_what(parser)
    add_by(parser)
    parser.add_argument(
        "--reason", type=in_words, required=True, metavar="TEXT", help="why, for everybody else"
    )


def add_what(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names one playbook or all."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("playbook", nargs="?", metavar="PLAYBOOK")
    which.add_argument("--all", action="store_true", help="every playbook")


def run(given: argparse.Namespace) -> int:
    """Pause, and give the exit code."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.holds import EVERYTHING, hold

    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        name = EVERYTHING if given.all else known_playbook(cx, given.playbook)
        is_new = hold(cx, name, given.by, given.reason, clock())
    what = "Everything" if given.all else name
    print(f"{what} is paused." if is_new else f"{what} was paused already.")
    return 0


class PlaybookUnknownRefused(Exception):
    """No playbook of this name is live; says which are."""


def known_playbook(cx: Connection, name: str) -> str:
    """Give the name back if such a playbook is live."""
    from keepwarm.app.choosing import hint_for
    from keepwarm.store.versions import live

    names = [each.playbook for each in live(cx)]
    if name not in names:
        hint = hint_for(name, names, "Live are")
        raise PlaybookUnknownRefused(f'No playbook "{name}" is live. {hint}')
    return name
