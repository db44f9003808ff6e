"""Why a database cannot be used, in words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from keepwarm.store.unavailable import why_unavailable


def test_why_sqlite_cannot_be_used_says_what_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "keepwarm.db"
    sqlite3.connect(path).execute("CREATE TABLE one (id INTEGER)")
    reading = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with reading.connect() as cx, pytest.raises(OperationalError) as refused:
        cx.execute(text("INSERT INTO one VALUES (1)"))
    assert why_unavailable(refused.value) == (
        "attempt to write a readonly database (SQLITE_READONLY); look whether its file and its disk"
        " can be written"
    )
    broken = sqlite3.OperationalError("disk I/O error")
    broken.sqlite_errorname = "SQLITE_IOERR_WRITE"
    assert "; look whether its disk is there, works, and can be written" in why_unavailable(broken)
    assert why_unavailable(OSError("the connection was closed")) == "the connection was closed"
