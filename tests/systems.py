"""The system that tests work with: that of the running service, with secrets that are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from keepwarm.connectors.contract import Connector
from keepwarm.connectors.pulls.contract import Puller
from keepwarm.connectors.task_tools.contract import TaskTool
from keepwarm.engine.links import Links
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.database import Database

LINKS: Final = Links("https://keepwarm.example", {0: b"k" * 32}, signing=0)
PEPPER: Final = b"p" * 32


def system_on(
    database: Database,
    clock: Callable[[], datetime],
    worker: str,
    *,
    connectors: Mapping[Channel, Connector] | None = None,
    task_tools: Mapping[str, TaskTool] | None = None,
    pullers: Mapping[str, Puller] | None = None,
    shelf: Shelf | None = None,
    trouble: Callable[[], str | None] = lambda: None,
) -> System:
    """Give the system of one worker on a database; it reaches nobody whom it is not given."""
    return System(
        database=database,
        shelf=shelf or Shelf(),
        connectors=connectors or {},
        links=LINKS,
        pepper=PEPPER,
        clock=clock,
        worker=worker,
        task_tools=task_tools or {},
        pullers=pullers or {},
        trouble=trouble,
    )
