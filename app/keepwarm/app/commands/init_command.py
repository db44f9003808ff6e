"""Write a folder of playbooks that works, to begin with: three playbooks, their words and tests.

  keepwarm init shop                  into the folder shop, which is made
  keepwarm init                       into this folder
  keepwarm init --only-missing        into one that has some of the files already

Nothing is ever overwritten. Settings for VS Code and the schemas that editors complete with are
among the files.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from keepwarm.app.starter.files import starter_files

_MOST_NAMED: Final = 5


class InitRefused(Exception):
    """The files cannot be written; says why, and what to do instead."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where to (default: this folder)",
    )
    parser.add_argument(
        "--only-missing", action="store_true", help="leave what is there, and write the rest"
    )


def run(given: argparse.Namespace) -> int:
    """Write the files, and give the exit code."""
    folder: Path = given.folder
    wanted = starter_files()
    there = [path for path in wanted if (folder / path).exists() or (folder / path).is_symlink()]
    if there and not given.only_missing:
        raise InitRefused(_refusal(folder, there))
    missing = {path: text for path, text in wanted.items() if path not in there}
    _write(folder, missing)
    print(_said(folder, len(missing), len(there)))
    return 0


def _refusal(folder: Path, there: list[str]) -> str:
    named = there[:_MOST_NAMED]
    more = f"\n  and {len(there) - len(named)} more" if len(there) > len(named) else ""
    listed = "".join(f"\n  {folder / path}" for path in named)
    return (
        f"These files are there already, and nothing was written:{listed}{more}\n"
        "Name another folder, as in `keepwarm init shop`, or keep them and write the others:"
        " --only-missing"
    )


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    with _all_or_nothing() as written:
        for name, text in files.items():
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as file:  # x: what came there meanwhile is not overwritten
                    written.append(path)
                    file.write(text)
            except OSError as error:
                raise InitRefused(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def _all_or_nothing() -> Iterator[list[Path]]:
    """Give a list of what is written; all of it is taken away again unless all of it succeeds."""
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _said(folder: Path, written: int, left: int) -> str:
    if not written:
        return f"Nothing is missing: all {left} files are there."
    here = folder.resolve() == Path.cwd()
    files = "1 file is" if written == 1 else f"{written} files are"
    kept = f" {left} were there already, and were left as they are." if left else ""
    lines = [
        f"{files} written{'' if here else f' to {folder}'}.{kept} Try them:",
        "",
        *([] if here else [f"  cd {shlex.quote(str(folder))}"]),
        "  keepwarm check              every fault in every file",
        "  keepwarm test               what happens to somebody, and whether it should",
        "  keepwarm up --no-example    the whole service, without anybody in it yet",
        "",
        "README.md says how to make them yours.",
    ]
    return "\n".join(lines)
