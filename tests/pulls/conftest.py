"""A town of the test's own, whose providers are asked."""

from __future__ import annotations

from tests.faults.conftest import sqlite_town, town

__all__ = ["sqlite_town", "town"]
