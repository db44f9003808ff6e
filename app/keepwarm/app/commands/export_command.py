"""Give a customer's data to the customer: all that is kept, as JSON.

  keepwarm export 00018                     printed
  keepwarm export 00018 --out 00018.json    into a file that only you may read

Attributes, identities, events, consents with their proof, playbooks with every decision, and
messages with the words that were sent.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from keepwarm.app.shown import add_by


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("customer", metavar="CUSTOMER", help="your own identifier of the customer")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a file that is not there yet")
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Write the customer's data, and give the exit code."""
    import orjson

    from keepwarm.app.rights import export_customer
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate, secret_of

    settings = read_settings()
    with closing(open_and_migrate(settings)) as database:
        pepper = secret_of(settings).derived("addresses")
        found = export_customer(database, given.customer, given.by, pepper, clock())
    written = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if given.out is None:
        sys.stdout.write(written.decode())
        return 0
    _write_new(given.out, written)
    rows = sum(len(each) for each in found.values())
    print(f"{rows:,} rows about {given.customer} are in {given.out}. Delete it when it is sent.")
    return 0


class FileRefused(Exception):
    """The file cannot be written; says why."""


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that nobody else may read."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
    except FileExistsError:
        raise FileRefused(f"{path} is there already. Name another file, or remove it.") from None
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {error.strerror}.") from None
