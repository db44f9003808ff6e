"""The system that batches work on: one database, what is released, the roads to providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keepwarm.connectors.contract import Connector, Forgets, forgetful
from keepwarm.connectors.pulls.contract import Puller
from keepwarm.connectors.task_tools.contract import TaskTool
from keepwarm.engine.links import Links
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.words import Channel
from keepwarm.store.database import Database


@dataclass(frozen=True, slots=True)
class System:
    """All that a batch of work needs besides the moment."""

    database: Database
    shelf: Shelf
    connectors: Mapping[Channel, Connector]
    links: Links
    #: What addresses are hashed with for suppressions; lives outside the database.
    pepper: bytes
    #: Gives the present moment, aware UTC. Tests and replays give their own.
    clock: Callable[[], datetime]
    #: Who works: a name that is unique among all workers, for claims and the audit.
    worker: str
    #: Tools in which teams see their tasks besides the inbox, by name.
    task_tools: Mapping[str, TaskTool] = field(default_factory=dict)
    #: Tools besides the connectors that are asked to forget whoever is erased, by name.
    forgetters: Mapping[str, Forgets] = field(default_factory=dict)
    #: Providers that are asked what was modified, by name.
    pullers: Mapping[str, Puller] = field(default_factory=dict)
    #: Says why this process must stand still; None while it may work.
    trouble: Callable[[], str | None] = field(default=lambda: None)

    @property
    def forgetful(self) -> Mapping[str, Forgets]:
        """All that can be asked to forget somebody, by name."""
        return forgetful(self.connectors.values(), self.forgetters)
