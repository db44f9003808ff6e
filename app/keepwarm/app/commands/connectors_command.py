"""Say which connectors there are, what each is for, and what it needs.

  keepwarm connectors
  keepwarm connectors sendgrid

Keys are read from the environment, and never shown.
"""

from __future__ import annotations

import argparse

from keepwarm.app.settings import CONNECTOR_SETTINGS
from keepwarm.connectors.registry import find, names


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="only this one, with its settings")


def run(given: argparse.Namespace) -> int:
    """Print what connectors say of themselves, and give the exit code."""
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
