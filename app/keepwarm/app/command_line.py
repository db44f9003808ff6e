"""The command line: `keepwarm COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from keepwarm.app.usage import USAGE, Help, HelpOfAll, Parser, refuse_command, refuse_words

#: Each command's module, in the order in which a newcomer meets them. They are imported when
#: they are used: `check` starts without Prefect and without a database.
COMMANDS: Final = (
    ("init", "writes a folder of playbooks that works, to begin with"),
    ("up", "starts the whole service, embedded, and shows where to look"),
    ("check", "finds every fault in every playbook, and mends what has one correction"),
    ("fmt", "brings playbooks into their one form"),
    ("test", "plays the stories of playbooks, and shows what did happen"),
    ("simulate", "replays recorded history with the playbooks, and tells what would come of it"),
    ("plan", "shows what applying would change, against what is live"),
    ("apply", "makes the playbooks live, all or nothing"),
    ("rollback", "goes back to what was live before"),
    ("releases", "shows what was made live and taken back, by whom and why"),
    ("import", "brings in customers or events from CSV, JSON Lines or Parquet"),
    ("status", "says what is live, what went out, what failed and what is next"),
    ("explain", "says why a customer did, or did not, get a message"),
    ("preview", "shows every message of a playbook before anybody gets it"),
    ("graph", "draws playbooks, with the customers in them if you like"),
    ("pause", "stops a playbook's sends at once, or all of them"),
    ("resume", "lets a paused playbook go on"),
    ("customers", "shows one with all that happened, and who may be known twice"),
    ("audit", "says who did what"),
    ("export", "gives a customer's data to the customer"),
    ("erase", "forgets a customer who asks for it, for good"),
    ("retention", "says how long what is kept, and what would go next"),
    ("keys", "makes, lists and revokes the keys of those who post events"),
    ("arrivals", "says what arrived and could not be used, and tries it again"),
    ("sources", "says which providers may tell us what happens, and tries what they tell"),
    ("users", "says who of the team may sign in to the pages, and what they may do"),
    ("connectors", "says which connectors there are and what each needs"),
    ("schema", "writes the JSON Schemas that editors read"),
)

#: The exit code of a command that found something wrong.
PROBLEMS: Final = 1
#: As shells tell it of a program that a signal ended: 128 and the number of the signal.
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141

_STOPPED: Final = "Stopped. What was finished stays; nothing is left half done."

_ABOUT: Final = """\
Customer retention as code: playbooks in YAML, checked, tested and reviewed before they run.

  keepwarm up                           the whole service, with nothing else installed
  keepwarm init shop                    a folder of your own, with three playbooks to change
  keepwarm check                        before a commit
  keepwarm test failed-payment          what would happen to somebody, and does it?
  keepwarm explain 00018                why a customer did, or did not, get a message
  keepwarm import customers people.csv  your own customers
"""
_MORE: Final = "`keepwarm COMMAND --help` shows each by example."


def main(words: Sequence[str] | None = None) -> int:
    """Run one command, and give its exit code: 0 well, 1 problems, 2 wrong use."""
    try:
        try:
            return _run(_meant(list(sys.argv[1:] if words is None else words)))
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{_STOPPED}\n")
        return INTERRUPTED
    except BrokenPipeError:
        _write_nothing_more()
        return BROKEN_PIPE


def _meant(words: list[str]) -> list[str]:
    """Give the words, with `help check` as what it means: `check --help`."""
    return [*words[1:], "--help"] if words[:1] == ["help"] else words


def _run(words: list[str]) -> int:
    parser, options = _parsed(words)
    if options.command is None:
        parser.print_help()
        return USAGE
    try:
        return int(_module(options.command).run(options))
    except Exception as error:
        answer = _answer_in(error)
        if answer is None:
            raise
        sys.stderr.write(f"keepwarm: {answer}\n")
        return PROBLEMS


def _answer_in(error: Exception) -> str | None:
    """Give the sentence of an error that is an answer: a refusal, or a file that cannot be used.

    Refusals are known by their names, since the rooms that raise them have no module in common.
    """
    if type(error).__name__.endswith("Refused"):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None


def _write_nothing_more() -> None:
    """Let what is still buffered go nowhere: whoever read it is gone, as after `| head`."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _parsed(words: Sequence[str]) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    wanted = next((word for word in words if not word.startswith("-")), None)
    parser, command = _parsers(wanted)
    if wanted is not None and command is None:
        refuse_command(wanted, [name for name, _ in COMMANDS])
    options, too_much = parser.parse_known_args(words)
    if too_much:
        refuse_words(too_much, command or parser)
    return parser, options


def _parsers(wanted: str | None) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser | None]:
    """Give the parser of all commands, and that of the one that is wanted, if there is one."""
    parser = Parser(
        prog="keepwarm",
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=HelpOfAll,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    found = None
    for name, says in COMMANDS:
        # Only the command that was asked for tells its options: the others need not be imported.
        about = _module(name).__doc__ if name == wanted else None
        command = commands.add_parser(
            name,
            help=says,
            description=about,
            formatter_class=Help,
        )
        if name == wanted:
            _module(name).options(command)
            found = command
    return parser, found


def _module(command: str) -> ModuleType:
    return import_module(f"keepwarm.app.commands.{command}_command")


def _version() -> str:
    from importlib.metadata import version

    return f"keepwarm {version('keepwarm')}"


if __name__ == "__main__":
    raise SystemExit(main())
