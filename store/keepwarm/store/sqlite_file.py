"""The file that SQLite writes: whether it still lies where it was opened."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file as it was when it was opened.

    SQLite goes on writing into a file that was deleted or moved, and all of it is gone with the
    process; and a new connection would make an empty one in its place.
    """

    path: Path
    device: int
    number: int

    def refuse_another(self) -> None:
        """Raise as of a database that cannot be used if it is not there, or is another one."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (self.device, self.number):
            raise sqlite3.OperationalError(
                f"{self.path} is no longer the file that was opened: it was deleted, moved or"
                " replaced. Nothing more is written. Put it back, or start Keepwarm again to use"
                " what lies there now."
            )


def opened_file(path: Path) -> OpenedFile:
    """Remember a file that was just opened."""
    found = path.stat()
    return OpenedFile(path.absolute(), found.st_dev, found.st_ino)
