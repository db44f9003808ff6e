"""JSON columns as statements give them: SQLite has a text there, PostgreSQL the value."""

from __future__ import annotations

from typing import Any

import orjson


def from_json(held: object) -> Any:  # noqa: ANN401 - who wrote the column knows what it holds
    """Read a row's JSON, an object or a list; None for NULL.

    Raises ValueError for a text that is no JSON, as in a row that was damaged.
    """
    return orjson.loads(held) if isinstance(held, str) else held
