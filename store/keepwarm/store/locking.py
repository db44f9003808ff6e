"""Rows that a transaction takes, so that no other worker takes them meanwhile."""

from __future__ import annotations

from sqlalchemy import Connection

from keepwarm.store.database import Dialect, dialect_of


def skip_locked(cx: Connection, table: str = "") -> str:
    """Give the SQL that ends a SELECT which takes its rows, and passes over those others have.

    `table` names the one of several whose rows are taken. In SQLite a writer has them all anyway.
    """
    if dialect_of(cx) is Dialect.SQLITE:
        return ""
    return f" FOR UPDATE{f' OF {table}' if table else ''} SKIP LOCKED"
