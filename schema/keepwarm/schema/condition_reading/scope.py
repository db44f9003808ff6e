"""What a condition may speak about, which depends on where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from keepwarm.schema.catalog import Attribute, Catalog, EventType


@dataclass(frozen=True, slots=True)
class NamedStep:
    """A step with a name, and the words for how it may have ended."""

    name: str
    #: `wait`, `task`, `email` …
    verb: str
    #: Empty where nothing can be asked about it.
    results: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of a condition stand for."""

    catalog: Catalog
    #: Names that the catalog declares with a fault: nothing more is said about them.
    broken: frozenset[str] = frozenset()
    #: False where a part of the catalog could not be read: an unknown name proves nothing then.
    catalog_is_whole: bool = True
    #: Named steps that a customer may have passed before this place.
    steps: Mapping[str, NamedStep] = field(default_factory=dict)
    #: Every named step of the playbook with its line.
    all_steps: Mapping[str, int] = field(default_factory=dict)
    #: Within `where`: the event whose properties the names are.
    event: EventType | None = None
    #: Whether there is a run whose start `since start` may mean.
    has_run: bool = False

    def within(self, event: EventType) -> Scope:
        """Give the scope of a `where` for this event."""
        return replace(self, event=event)

    def property(self, name: str) -> Attribute | None:
        """Give the property of this name, within a `where`."""
        return self.event.properties.get(name) if self.event else None
