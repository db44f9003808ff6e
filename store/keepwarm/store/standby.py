"""Standbys: copies of a PostgreSQL that can be read, and become the database when it is lost."""

from __future__ import annotations

from sqlalchemy import text

from keepwarm.store.database import Database, DatabaseRefused, Dialect


def refuse_a_standby(db: Database) -> None:
    """Raise DatabaseRefused if the database can only be read, since it follows another one."""
    if db.dialect is not Dialect.POSTGRESQL:
        return
    with db.reading() as cx:
        is_one = cx.execute(text("SELECT pg_is_in_recovery()")).scalar()
    if is_one:
        raise DatabaseRefused(
            "The PostgreSQL in KEEPWARM_DATABASE_URL is a standby, which can only be read. Name"
            " the primary, or promote this one (pg_ctl promote)."
        )
