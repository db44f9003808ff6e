"""A town of the test's own, whose providers are asked."""

from __future__ import annotations

from tests.faults.conftest import (
    postgresql_server,
    source,
    sqlite_files,
    sqlite_town,
    sqlite_url,
    town,
    url,
)

__all__ = [
    "postgresql_server",
    "source",
    "sqlite_files",
    "sqlite_town",
    "sqlite_url",
    "town",
    "url",
]
