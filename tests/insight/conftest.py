"""`database` is a migrated database of the test's own, once SQLite and once PostgreSQL."""

from __future__ import annotations

from tests.store.conftest import database, postgresql_server, source, sqlite_files

__all__ = ["database", "postgresql_server", "source", "sqlite_files"]
