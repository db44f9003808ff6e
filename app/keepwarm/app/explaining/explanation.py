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
class Written:
    """The file that lines are counted in: a run that was moved has them in several versions."""

    file: str
    #: The version that the lines are counted in; None where it is that which is named above.
    number: int | None = None

    def place(self, line: int) -> str:
        """Name a line: `failed-payment.yaml:12`, `failed-payment.yaml:12 in version 2`."""
        version = "" if self.number is None else f" in version {self.number}"
        return f"{self.file}:{line}{version}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a run's timeline."""

    at: datetime
    said: str
    #: Line of the playbook's file; None for what concerns the run as a whole.
    line: int | None
    #: Where its lines stand.
    written: Written
    tests: tuple[Weighed, ...] = ()
    #: For what became of a message: its key, for links, and where it came to.
    message: int | None = None
    status: MessageStatus | None = None


@dataclass(frozen=True, slots=True)
class RunExplained:
    """One run of the customer: each decision, and what became of its messages."""

    playbook: str
    #: Which version of the playbook it is on, counted from 1.
    number: int
    status: RunStatus
    mode: str
    #: In the order in which they happened.
    entries: tuple[Entry, ...]
    #: Who paused the playbook, since when and why, if the run stands still for it.
    paused: str | None = None


@dataclass(frozen=True, slots=True)
class NeverEntered:
    """A playbook that the customer was never in, and why not."""

    playbook: str
    written: Written
    #: When customers enter: `when signed_up arrives`.
    enters: str
    #: What is so whatever the conditions say, as sentences.
    because: tuple[str, ...]
    #: The first condition that is not met; None when none certainly is not.
    keeps_out: Weighed | None
    #: The other conditions, in the order of the file.
    rest: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known about why."""

    customer: str
    #: As of which moment of the past; None for now.
    at: datetime | None
    #: The customer's zone, in which moments are told, and where it is known from.
    zone: str
    zone_source: str
    #: The oldest first.
    runs: tuple[RunExplained, ...]
    never_entered: tuple[NeverEntered, ...]
    #: How many older runs there are that were not asked for.
    left_out: int
    #: When the customer was first heard of, if that was after `at`.
    first_heard_of: datetime | None = None
