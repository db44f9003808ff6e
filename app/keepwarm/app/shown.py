"""Options that many commands share, and how they show what they have to say."""

from __future__ import annotations

import argparse
import getpass
from datetime import date
from pathlib import Path
from typing import Final, TextIO

from keepwarm.app.moments import day_of
from keepwarm.app.settings import colour_is_refused, playbooks_named

_MOST_COUNTED: Final = 1_000_000
_MOST_DAYS: Final = 36_500


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


def how_many(said: str) -> int:
    """Read how many of something an option asks for."""
    return _at_most(_MOST_COUNTED, at_least_one(said))


def days_back(said: str) -> int:
    """Read for how many days an option looks back: no calendar goes back for ever."""
    return _at_most(_MOST_DAYS, at_least_one(said))


def _at_most(most: int, number: int) -> int:
    if number > most:
        raise argparse.ArgumentTypeError(f"{number} is too many; the most is {most:,}")
    return number


def day_meant(said: str) -> date:
    """Read a day of the calendar."""
    try:
        return day_of(said)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{said}" is not a day, such as 2026-03-31') from None


def in_words(said: str) -> str:
    """Read what others should be able to read later: a reason, a name."""
    if not said.strip():
        raise argparse.ArgumentTypeError("write at least one word")
    return said


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
        "--by",
        type=in_words,
        default=_somebody(),
        metavar="WHO",
        help="who does this (default: you)",
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
