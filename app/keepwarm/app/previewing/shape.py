"""The shape of the customers there are: which languages they chose, and how long their words are.

Counts and lengths alone: made-up customers take their shape from them, and nothing personal.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.store.connection import Connection
from keepwarm.store.customers import read_customers
from keepwarm.store.overview import latest_customer_keys

#: How many customers are looked at, the latest: a page must not read a million.
_LOOKED_AT: Final = 5_000
_KEPT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of customers as a whole; empty where there is no database."""

    #: Language as customers chose it, lower case -> how many did.
    languages: Mapping[str, int] = field(default_factory=dict)
    #: Attribute -> how many characters the longest value has.
    longest: Mapping[str, int] = field(default_factory=dict)


UNKNOWN: Final = Shape()


def shape_of_customers(cx: Connection, catalog: Catalog) -> Shape:
    """Look at the latest customers."""
    texts = [name for name, each in catalog.attributes.items() if each.kind is FactKind.TEXT]
    languages: Counter[str] = Counter()
    longest: dict[str, int] = {}
    for customer in read_customers(cx, latest_customer_keys(cx, _LOOKED_AT)):
        language = customer.attributes.get("language")
        if isinstance(language, str) and language:
            languages[language.replace("_", "-").lower()] += 1
        for name in texts:
            value = customer.attributes.get(name)
            if isinstance(value, str):
                longest[name] = max(longest.get(name, 0), len(value))
    return Shape(dict(languages), longest)


@dataclass(slots=True)
class KeptShapes:
    """Shapes that are kept for a while: a page asks anew for every frame."""

    #: The version's key -> its customers' shape, and until when it is kept.
    _kept: dict[int, tuple[Shape, float]] = field(default_factory=dict)

    def of(self, cx: Connection, version_id: int, catalog: Catalog) -> Shape:
        """Give the shape of the customers, in the words of a version's catalog."""
        now = time.monotonic()
        known = self._kept.get(version_id)
        if known is None or known[1] < now:
            known = self._kept[version_id] = (shape_of_customers(cx, catalog), now + _KEPT_SECONDS)
        return known[0]


def untranslated(shape: Shape, original: str, translated: Iterable[str]) -> tuple[str, ...]:
    """Name the languages that customers chose and nobody translated into, the most first."""
    known = {original.lower(), *(each.lower() for each in translated)}
    missing = [
        (count, language)
        for language, count in shape.languages.items()
        if language not in known and language.split("-")[0] not in known
    ]
    return tuple(language for _, language in sorted(missing, key=lambda each: (-each[0], each[1])))
