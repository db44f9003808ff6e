"""The command line: `keepwarm COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Final, NoReturn

#: Each command's module, in the order in which a newcomer meets them. They are imported when
#: they are used: `check` starts without Prefect and without a database.
COMMANDS: Final = (
    ("up", "starts the whole service, embedded, and shows where to look"),
    ("check", "finds every fault in every playbook"),
    ("test", "plays the stories of playbooks, and shows what did happen"),
    ("apply", "makes the playbooks live, all or nothing"),
    ("import", "brings in customers or events from CSV, JSON Lines or Parquet"),
    ("status", "says what is live, what went out, what failed and what is next"),
    ("explain", "says why a customer did, or did not, get a message"),
    ("graph", "draws a playbook as a Mermaid picture"),
    ("pause", "stops a playbook's sends at once, or all of them"),
    ("resume", "lets a paused playbook go on"),
    ("connectors", "says which connectors there are and what each needs"),
    ("schema", "writes the JSON Schemas that editors read"),
)

#: Exit codes of every command.
OK, PROBLEMS, USAGE = 0, 1, 2

_ABOUT: Final = """\
Customer retention as code: playbooks in YAML, checked, tested and reviewed before they run.

  keepwarm up                           the whole service, with nothing else installed
  keepwarm check                        before a commit
  keepwarm import customers people.csv  your own customers
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints say what may be written instead."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"keepwarm: {message}\nSee `{self.prog} --help`.\n")
        raise SystemExit(USAGE)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command, and give its exit code: 0 well, 1 problems, 2 wrong use."""
    given = sys.argv[1:] if words is None else list(words)
    parser = _parser(given)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return USAGE
    module = _module(options.command)
    try:
        return int(module.run(options))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except Exception as error:
        if type(error).__name__.endswith("Refused"):
            sys.stderr.write(f"keepwarm: {error}\n")
            return PROBLEMS
        raise


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="keepwarm",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    wanted = next((word for word in given if not word.startswith("-")), None)
    for name, says in COMMANDS:
        # Only the command that was asked for tells its options: the others need not be imported.
        about = _module(name).__doc__ if name == wanted else None
        command = commands.add_parser(
            name,
            help=says,
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == wanted:
            _module(name).options(command)
    return parser


def _module(command: str) -> ModuleType:
    return import_module(f"keepwarm.app.commands.{command}_command")


def _version() -> str:
    from importlib.metadata import version

    return f"keepwarm {version('keepwarm')}"


if __name__ == "__main__":
    raise SystemExit(main())
