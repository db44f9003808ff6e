"""Show who did what: by a command, on a page, or through a link.

  keepwarm audit                         the last 50
  keepwarm audit --last 500 --who ann@acme.example

It holds identifiers, never a name or an address of a customer. `keep: {audit: 7 years}` in the
policies says for how long.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from keepwarm.app.shown import how_many


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--last", type=how_many, default=50, metavar="N", help="how many (default: 50)"
    )
    parser.add_argument("--who", metavar="WHO", help="only what this person did")


def run(given: argparse.Namespace) -> int:
    """Print who did what, the latest first, and give the exit code."""
    from keepwarm.app.deeds import detail_of
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate
    from keepwarm.store.audit import read_audit

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        found = read_audit(cx, given.last, who=given.who)
    for each in found:
        detail = detail_of(each)
        print(
            f"{each.at:%Y-%m-%d %H:%M}Z  {each.who}  {each.what}{f': {detail}' if detail else ''}"
        )
    if not found:
        print("Nothing was done yet." if given.who is None else f"{given.who} did nothing.")
    return 0
