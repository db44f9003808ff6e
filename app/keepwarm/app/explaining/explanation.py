"""What an explanation says, before it is written for a terminal or drawn as a page.

It names rows only where a page links to them: an explanation of the same ledger is the same, byte
for byte, in whatever database that ledger lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.run import RunStatus
from keepwarm.engine.weighing import Weighed


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a run's timeline."""

    at: datetime
    said: str
    #: Line of the playbook's file; None for what concerns the run as a whole.
    line: int | None
    tests: tuple[Weighed, ...] = ()
    #: For what became of a message: its key, for links, and where it came to.
    message: int | None = None
    status: MessageStatus | None = None


@dataclass(frozen=True, slots=True)
class RunExplained:
    """One run of the customer: each decision, and what became of its messages."""

    playbook: str
    file: str
    #: Which version of the playbook it is, counted from 1.
    number: int
    status: RunStatus
    mode: str
    #: In the order in which they happened.
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class NeverEntered:
    """A playbook that the customer was never in, and why not."""

    playbook: str
    file: str
    #: When customers enter: `when signed_up arrives`.
    enters: str
    #: What is so whatever the conditions say, as sentences.
    because: tuple[str, ...]
    #: The first condition that is not met now; None when all are.
    keeps_out: Weighed | None
    #: The other conditions, in the order of the file.
    rest: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known about why."""

    customer: str
    #: The customer's zone, in which moments are told, and where it is known from.
    zone: str
    zone_source: str
    #: The oldest first.
    runs: tuple[RunExplained, ...]
    never_entered: tuple[NeverEntered, ...]
    #: How many older runs there are that were not asked for.
    left_out: int
