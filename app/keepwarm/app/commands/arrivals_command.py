"""Say what arrived and could not be used, and use it after it was mended.

  keepwarm arrivals                       what could not be used, by why
  keepwarm arrivals --try-again           all of it once more
  keepwarm arrivals --try-again --only 'the catalog has no event "signed_up"'

What arrives before anything is live is refused, and is used by this once the catalog knows it.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from keepwarm.app.shown import add_by


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--try-again", action="store_true", help="use what was refused, as far as it fits now"
    )
    parser.add_argument("--only", metavar="WHY", help="only what was refused for this reason")
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Print what was refused, or put it back to what waits; give the exit code."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.audit import note
    from keepwarm.store.inbox import refused_by_problem, try_refused_again

    with closing(open_and_migrate(read_settings())) as database:
        if not given.try_again:
            with database.reading() as cx:
                refused = refused_by_problem(cx)
            lines = [f"{count:>9,}  {why}" for why, count in refused.items()]
            print("\n".join(lines) or "Everything that arrived could be used.")
            return 0
        with database.writing() as cx:
            count = try_refused_again(cx, given.only)
            if count:
                note(cx, given.by, "tried arrivals again", {"count": count}, clock())
    print(f"{count:,} wait to be used; a running Keepwarm takes them within seconds.")
    return 0 if count else 1
