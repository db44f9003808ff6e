"""How long what is kept is kept: `keep` of `policies.yaml`, with what holds where it is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from keepwarm.schema.lengths import Length, Unit, read_length
from keepwarm.schema.reading import Read, Refusal, tidied


class Kept(StrEnum):
    """What may be kept for a time."""

    EVENTS = "events"
    WORDS = "words"
    ARRIVALS = "arrivals"
    CHANGES = "changes"
    DECISIONS = "decisions"
    AUDIT = "audit"


#: What holds where the policies do not say.
DEFAULTS: Final[Mapping[Kept, Length]] = MappingProxyType(
    {
        Kept.EVENTS: Length(3, Unit.YEAR),
        Kept.WORDS: Length(1, Unit.YEAR),
        Kept.ARRIVALS: Length(30, Unit.DAY),
        Kept.CHANGES: Length(2, Unit.YEAR),
        Kept.DECISIONS: Length(2, Unit.YEAR),
        Kept.AUDIT: Length(7, Unit.YEAR),
    }
)
_FOR_EVER: Final = frozenset({"forever", "for ever", "always"})


@dataclass(frozen=True, slots=True)
class Forever:
    """No end."""

    def __str__(self) -> str:
        return "forever"


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long what is kept."""

    said: tuple[tuple[Kept, Length | Forever], ...] = ()

    def length(self, kept: Kept) -> Length | Forever:
        """Give for how long this is kept."""
        return dict(self.said).get(kept, DEFAULTS[kept])


def read_keeping(text: str) -> Read[Length | Forever] | Refusal:
    """Read `90 days`, `3 years` or `forever`."""
    said = tidied(text)
    if said.lower() in _FOR_EVER:
        return Read(Forever(), "forever")
    found = read_length(text)
    if isinstance(found, Refusal):
        return found
    if found.value.unit.is_working or found.value.unit.is_elapsed:
        example = 'write days, weeks, months or years, for example "90 days"'
        return Refusal(f'"{found.value}" is too fine', example)
    return Read(found.value, found.canonical)
