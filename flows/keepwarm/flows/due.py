"""What is due next."""

from __future__ import annotations

from datetime import datetime

from keepwarm.flows.system import System
from keepwarm.store.claims import next_chunk_due
from keepwarm.store.doubts import next_doubt_due
from keepwarm.store.runs import next_due as next_run_due
from keepwarm.store.runs import playbooks_due


def next_due(system: System, playbook: str) -> datetime | None:
    """Tell when a run, a message or a doubt of the playbook is due next; None when none waits."""
    with system.database.reading() as cx:
        moments = (
            next_run_due(cx, playbook),
            next_chunk_due(cx, playbook),
            next_doubt_due(cx, playbook),
        )
    return min((moment for moment in moments if moment is not None), default=None)


def is_due(system: System, playbook: str) -> bool:
    """Tell whether a run, a message or a doubt of the playbook is due now."""
    due = next_due(system, playbook)
    return due is not None and due <= system.clock()


def overdue(system: System, before: datetime) -> frozenset[str]:
    """Name the playbooks of which something was due before a moment, live or no longer."""
    with system.database.reading() as cx:
        return playbooks_due(cx, before)
