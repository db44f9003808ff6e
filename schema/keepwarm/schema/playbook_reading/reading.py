"""A playbook while it is read: what is known around it, and what it has shown so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keepwarm.schema.catalog import Catalog, EventType, Place
from keepwarm.schema.condition_reading import NamedStep, Scope, read_conditions
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.faults import Faults
from keepwarm.schema.nodes import Node
from keepwarm.schema.words import Kind

Passed = Mapping[str, NamedStep]
NOTHING_PASSED: Passed = {}


@dataclass(frozen=True, slots=True)
class Known:
    """What other files of the workspace hold, by name."""

    #: Templates for e-mail (`.mjml`), and those for everything else (`.txt`).
    email_templates: frozenset[str] = frozenset()
    text_templates: frozenset[str] = frozenset()
    playbooks: frozenset[str] = frozenset()
    #: Facts that the catalog declares with a fault; nothing more is said about them.
    broken: frozenset[str] = frozenset()
    #: False where a part of the catalog could not be read: an unknown name proves nothing then.
    catalog_is_whole: bool = True
    #: False where one version is read by itself: the playbooks that it starts are not with it.
    has_all_playbooks: bool = True


@dataclass(slots=True)
class Reading:
    """One playbook being read."""

    catalog: Catalog
    known: Known
    faults: Faults
    #: The name that the file gives it.
    name: str
    #: Every named step with its line, read before the steps themselves.
    all_steps: Mapping[str, int] = field(default_factory=dict)
    kind: Kind = Kind.MARKETING
    #: Names of steps that could not be read: nothing more is said about them.
    broken_steps: set[str] = field(default_factory=set)
    #: The names of the experiments so far, each with its place.
    experiments: dict[str, Place] = field(default_factory=dict)

    def scope(self, passed: Passed = NOTHING_PASSED, *, has_run: bool = False) -> Scope:
        """Give what a condition may speak about, for a customer who has passed these steps."""
        return Scope(
            self.catalog,
            broken=self.known.broken | self.broken_steps,
            catalog_is_whole=self.known.catalog_is_whole,
            steps=passed,
            all_steps=self.all_steps,
            has_run=has_run,
        )

    def conditions(self, node: Node | None, passed: Passed) -> Condition:
        """Read a condition inside a run; nothing written always holds."""
        if node is None:
            return ALWAYS
        return read_conditions(node, self.scope(passed, has_run=True), self.faults)

    def event(self, name: str | None) -> EventType | None:
        """Give the event of this name, unless the catalog has it with a fault or not at all."""
        if name is None or name in self.known.broken:
            return None
        return self.catalog.events.get(name)

    def where(self, node: Node | None, event: str | None) -> Condition:
        """Read the tests on an event's own properties."""
        found = self.event(event)
        if node is None or found is None:
            return ALWAYS
        return read_conditions(node, self.scope().within(found), self.faults)
