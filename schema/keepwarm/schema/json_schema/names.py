"""The names that a schema offers and holds others against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.playbook_reading import Known


@dataclass(frozen=True, slots=True)
class Names:
    """What a workspace has, by name, each list in the order of the alphabet."""

    catalog: Catalog = field(default_factory=Catalog)
    known: Known = field(default_factory=Known)
    #: Whether a file may bring new names with it, as one of the catalog does: then the names are
    #: offered, and others are let pass.
    may_grow: bool = False
    #: Fact -> a sentence on how it stands among the customers there are.
    live: Mapping[str, str] = field(default_factory=dict)

    def events(self) -> tuple[str, ...]:
        return self._with_broken(self.catalog.events)

    def dates(self) -> tuple[str, ...]:
        return self._with_broken(self._of_kind(FactKind.DATE, FactKind.MOMENT))

    def tags(self) -> tuple[str, ...]:
        return self._with_broken(self._of_kind(FactKind.TAGS))

    def properties(self) -> tuple[str, ...]:
        """Give every property that any event has."""
        if self.known.broken:
            return ()
        return _sorted(name for e in self.catalog.events.values() for name in e.properties)

    def topics(self) -> tuple[str, ...]:
        return _sorted(self.catalog.topics)

    def teams(self) -> tuple[str, ...]:
        return _sorted(self.catalog.teams)

    def teams_with_a_channel(self) -> tuple[str, ...]:
        return _sorted(team.name for team in self.catalog.teams.values() if team.notify)

    def offers(self) -> tuple[str, ...]:
        return _sorted(self.catalog.offers)

    def surveys(self) -> tuple[str, ...]:
        return _sorted(self.catalog.surveys)

    def endpoints(self) -> tuple[str, ...]:
        return _sorted(self.catalog.endpoints)

    def outcomes(self) -> tuple[str, ...]:
        """Give every way in which some task may end."""
        return _sorted(word for words in self.catalog.outcomes.values() for word in words)

    def email_templates(self) -> tuple[str, ...]:
        return _sorted(self.known.email_templates)

    def text_templates(self) -> tuple[str, ...]:
        return _sorted(self.known.text_templates)

    def templates(self) -> tuple[str, ...]:
        return _sorted({*self.known.email_templates, *self.known.text_templates})

    def playbooks(self) -> tuple[str, ...]:
        return _sorted(self.known.playbooks)

    def _of_kind(self, *kinds: FactKind) -> list[str]:
        return [a.name for a in self.catalog.attributes.values() if a.kind in kinds]

    def _with_broken(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give the names with those declared with a fault, of which nothing more is said."""
        return _sorted({*names, *self.known.broken})


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
