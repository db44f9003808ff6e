"""Show what was made live and what was taken back: when, by whom and why.

  keepwarm releases                the last 20
  keepwarm releases --last 100

The star marks what is live. A number behind a playbook is its version.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from keepwarm.app.shown import how_many


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--last", type=how_many, default=20, metavar="N", help="how many (default: 20)"
    )


def run(given: argparse.Namespace) -> int:
    """Print the history, and give the exit code."""
    from keepwarm.app.rolling_back import history
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        print("\n".join(history(cx, given.last)))
    return 0
