"""Names that differ only in how they are written: `Order Completed` is `order_completed` here.

Source: Segment's "Spec", whose events are called `Order Completed` and whose traits `firstName`;
names of a catalog have neither spaces nor, as a rule, capitals.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from typing import Final

_WORD_BEGINS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS: Final = re.compile(r"[^a-z0-9]+")


def declared_name(name: str, declared: Container[str]) -> str | None:
    """Give what a catalog calls what is told by a name; None where it has no such name."""
    if name in declared:
        return name
    plain = _plain(name)
    return plain if plain in declared else None


@lru_cache(maxsize=4_096)
def _plain(name: str) -> str:
    """Give `orderCompleted`, `order-completed` and `Order Completed` as `order_completed`."""
    return _BETWEEN_WORDS.sub("_", _WORD_BEGINS.sub("_", name).lower()).strip("_")
