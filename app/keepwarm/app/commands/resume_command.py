"""Let a paused playbook go on.

  keepwarm resume dormant-win-back
  keepwarm resume --all

What waited meanwhile goes out now, unless its time has passed.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from keepwarm.app.commands.pause_command import add_what
from keepwarm.app.shown import add_by


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_what(parser)
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Resume, and give the exit code."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.holds import EVERYTHING, resume

    name = EVERYTHING if given.all else given.playbook
    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        was_held = resume(cx, name, given.by, clock())
    what = "Everything" if given.all else name
    print(f"{what} goes on." if was_held else f"{what} was not paused.")
    return 0 if was_held else 1
