"""Say which connectors there are, what each is for, and what it needs.

  keepwarm connectors
  keepwarm connectors sendgrid
  keepwarm connectors --try sendgrid    one that stopped: its next message goes at once
  keepwarm connectors --try webhook:crm.acme.example    one host of it

Keys are read from the environment, and never shown.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from keepwarm.app.settings import CONNECTOR_SETTINGS
from keepwarm.app.shown import add_by
from keepwarm.connectors.registry import find, names


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="only this one, with its settings")
    parser.add_argument(
        "--try",
        dest="try_name",
        metavar="NAME",
        help="let a connector that stopped try one message at once",
    )
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Print what connectors say of themselves, or try one; give the exit code."""
    if given.try_name:
        return _try(given.try_name, given.by)
    for name in [given.name] if given.name else names():
        found = find(name)
        channels = ", ".join(sorted(found.channels))
        print(f"{name:12} {found.about.title} ({channels})")
        for setting in found.about.settings:
            needed = "needed" if setting.needed else "may be set"
            print(f"  {setting.name:32} {needed}: {setting.meaning}")
        if given.name:
            for promise in found.about.promises:
                print(f"  - {promise}")
    if not given.name:
        print("\nOne is chosen for each channel by a line of configuration:")
        for channel, chooses in CONNECTOR_SETTINGS.items():
            print(f"  {chooses}=<name>   for {channel}; outbox unless you say otherwise")
    return 0


def _try(name: str, by: str) -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.audit import note
    from keepwarm.store.circuits import try_at_once

    find(name.partition(":")[0])  # a name that is not known is refused
    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        stopped = try_at_once(cx, clock(), name)
        for each in stopped:
            note(cx, by, "tried a connector", {"connector": each}, clock())
    for each in stopped:
        print(f"{each} tries one message within a minute; if it is taken, the others follow.")
    if not stopped:
        print(f"{name} is not stopped.")
    return 0 if stopped else 1
