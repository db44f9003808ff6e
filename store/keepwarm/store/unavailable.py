"""Why a database cannot be used just now, in words that say what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: What SQLite's own words leave to be guessed, by the code that it gives.
#: https://www.sqlite.org/rescode.html
_LOOK_AT: Final[Mapping[str, str]] = {
    "SQLITE_CANTOPEN": "look whether its folder can be written",
    "SQLITE_CORRUPT": "bring back a backup",
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_IOERR": "look whether its disk is there, works, and can be written",
    "SQLITE_NOTADB": "bring back a backup",
    "SQLITE_PERM": "look who owns its file",
    "SQLITE_READONLY": "look whether its file and its disk can be written",
}


def why_unavailable(error: BaseException) -> str:
    """Give the database's own words, and what to look at where they do not say."""
    cause = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", None) or ""
    kind = "_".join(name.split("_")[:2])  # SQLITE_IOERR_WRITE is a kind of SQLITE_IOERR
    look_at = _LOOK_AT.get(kind)
    return f"{cause} ({name}); {look_at}" if look_at else str(cause)
