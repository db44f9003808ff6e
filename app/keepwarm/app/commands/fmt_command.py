"""Bring playbooks into their one form: spelling, indentation, quotes.

  keepwarm fmt                         rewrites the folder ./playbooks
  keepwarm fmt --check                 changes nothing, and shows what it would change
  keepwarm fmt --playbooks DIR         another folder

">= 2" and "2 or more" become "at least 2"; comments and the order of lines stay as they are, and
nothing comes to mean something else. Files with problems are left alone: see keepwarm check.
Exits with 0 when all is in form, with 1 when --check finds what is not, or a file has problems.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

from keepwarm.app.folder import files_in
from keepwarm.app.shown import add_colour, add_playbooks, wants_colour
from keepwarm.schema.formatting import Formatted, formatted


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    parser.add_argument("--check", action="store_true", help="change nothing; show what would be")


def run(given: argparse.Namespace) -> int:
    """Format the folder, and give the exit code."""
    folder: Path = given.playbooks
    files = files_in(folder)
    done = formatted(files)
    if given.check:
        for line in _differences(files, done, colour=wants_colour(given, sys.stdout)):
            print(line)
    else:
        _write(folder, done)
    print(_summary(done, is_check=given.check))
    return 1 if done.left_alone or (given.check and done.changed) else 0


def _write(folder: Path, done: Formatted) -> None:
    for path, text in done.changed.items():
        (folder / path).write_bytes(text.encode())
        print(f"{path}: in form now")


def _summary(done: Formatted, *, is_check: bool) -> str:
    lines = [
        f"{path} has problems, and is left alone; see: keepwarm check" for path in done.left_alone
    ]
    count = len(done.changed)
    if not count:
        lines.append("Everything else is in form." if lines else "Everything is in form.")
    elif is_check:
        lines.append(f"{_files(count)} would change; to do it: keepwarm fmt")
    else:
        lines.append(f"{_files(count)} changed.")
    return "\n".join(lines)


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _differences(files: Mapping[str, bytes], done: Formatted, *, colour: bool) -> Iterator[str]:
    for path, text in done.changed.items():
        before = files[path].decode().splitlines()
        for line in unified_diff(before, text.splitlines(), path, path, lineterm="", n=1):
            yield _painted(line) if colour else line


def _painted(line: str) -> str:
    codes = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[2m"}
    code = codes.get(line[:1], "")
    return f"{code}{line}\x1b[0m" if code else line
