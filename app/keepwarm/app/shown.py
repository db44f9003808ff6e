"""Options that many commands share, and how they show what they have to say."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import TextIO

from keepwarm.app.settings import colour_is_refused, playbooks_named


def add_playbooks(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder of playbooks."""
    parser.add_argument(
        "--playbooks",
        type=Path,
        default=playbooks_named(),
        metavar="DIR",
        help="the folder of playbooks (default: playbooks)",
    )


def at_least_one(said: str) -> int:
    """Read a number that an option counts with; argparse shows the error as the option's."""
    try:
        number = int(said)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'"{said}" is not a whole number from 1 on, such as 24')
    return number


def add_colour(parser: argparse.ArgumentParser) -> None:
    """Add the options that say whether to colour."""
    parser.add_argument(
        "--colour",
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="whether what is printed is coloured (default: auto)",
    )
    parser.add_argument(
        "--no-colour",
        "--no-color",
        dest="colour",
        action="store_const",
        const="never",
        help="the same as --colour never; NO_COLOR in the environment does it too",
    )


def add_by(parser: argparse.ArgumentParser) -> None:
    """Add the option that says who does it, for the audit."""
    parser.add_argument(
        "--by", default=_somebody(), metavar="WHO", help="who does this (default: you)"
    )


def wants_colour(given: argparse.Namespace, stream: TextIO) -> bool:
    """Tell whether to colour what goes to the stream."""
    if given.colour == "auto":
        return stream.isatty() and not colour_is_refused()
    return bool(given.colour == "always")


def _somebody() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
