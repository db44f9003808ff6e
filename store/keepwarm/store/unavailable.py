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

_STANDBY: Final = (
    "it is a standby, which can only be read: let KEEPWARM_DATABASE_URL lead to the primary, or"
    " promote this one (pg_ctl promote)"
)
#: The same of PostgreSQL: where a code has several reasons, its words tell them apart.
#: https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOOK_AT_POSTGRESQL: Final[Mapping[str, tuple[str, str]]] = {
    # feature_not_supported: to a standby, that is every transaction that would write.
    "0A000": ("during recovery", _STANDBY),
    # read_only_sql_transaction
    "25006": ("read-only", f"perhaps {_STANDBY}; or default_transaction_read_only is on"),
}


def why_unavailable(error: BaseException) -> str:
    """Give the database's own words, and what to look at where they do not say."""
    cause = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", None) or ""
    kind = "_".join(name.split("_")[:2])  # SQLITE_IOERR_WRITE is a kind of SQLITE_IOERR
    look_at = _LOOK_AT.get(kind)
    if look_at:
        return f"{cause} ({name}); {look_at}"
    words, look_at = _LOOK_AT_POSTGRESQL.get(getattr(cause, "sqlstate", None) or "", ("", ""))
    return f"{cause}; {look_at}" if look_at and words in str(cause) else str(cause)
