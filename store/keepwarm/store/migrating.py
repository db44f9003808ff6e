"""Brings a database to the tables that this version of Keepwarm knows.

Steps lie in `migrations/versions`, one file a change, for both databases alike. They go up only:
the way back is the backup.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from keepwarm.store.database import Database, DatabaseRefused, Dialect

#: A table of our own name, because Prefect keeps its `alembic_version` where we might live too.
VERSION_TABLE: Final = "keepwarm_schema"
#: Any number that nobody else locks by; two processes that migrate at once take turns.
_LOCK: Final = 0x6B656570
_SCRIPTS: Final = Path(__file__).parent / "migrations"


def migrate(db: Database) -> bool:
    """Make or change the tables as needed; tell whether anything was done.

    All or nothing, and harmless when several processes do it at once. Raises DatabaseRefused when
    the database belongs to a newer Keepwarm.
    """
    with db.writing() as cx:
        if db.dialect is Dialect.POSTGRESQL:
            cx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        before = stands_at(cx)
        try:
            command.upgrade(configuration(cx), "head")
        except CommandError as error:
            raise DatabaseRefused(
                f"The database was made by a newer Keepwarm (its tables stand at {before})."
                " Install that version or a later one."
            ) from error
        return before != stands_at(cx)


def refuse_other_tables(db: Database) -> None:
    """Raise DatabaseRefused if another Keepwarm changed the tables since this one made them."""
    with db.reading() as cx:
        found = cx.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if found != _newest():
        raise DatabaseRefused(
            f"The database is that of another Keepwarm by now (its tables stand at {found}, and"
            f" this one knows {_newest()}). Install the same version here, and start it again."
        )


@cache
def _newest() -> str | None:
    """Give the last step that this version knows; its files do not change while it runs."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config).get_current_head()


def stands_at(cx: Connection) -> str | None:
    """Give the last step that was taken; None for an empty database."""
    context = MigrationContext.configure(cx, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def configuration(cx: Connection) -> Config:
    """Give what Alembic wants to know; there is no alembic.ini."""
    config = Config()
    # A percent sign would be read as a reference to another option.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = cx
    return config
