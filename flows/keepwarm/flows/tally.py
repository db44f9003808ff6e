"""What a round of work did, counted; and the sentence that says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from keepwarm.schema.words import counted_messages


@dataclass(slots=True)
class Tally:
    """Counts of one round, or of many added up. Holds no name and no address."""

    entered: int = 0
    turned_away: int = 0
    held_out: int = 0
    advanced: int = 0
    goals: int = 0
    stopped: int = 0
    completed: int = 0
    tasks: int = 0
    #: Channel -> messages that a provider took.
    sent: Counter[str] = field(default_factory=Counter)
    #: Reason -> messages that wait.
    held: Counter[str] = field(default_factory=Counter)
    #: Reason -> messages that a gate refused.
    skipped: Counter[str] = field(default_factory=Counter)
    #: Reason -> messages that a provider or their own words refused.
    failed: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    #: Messages of unknown outcome of which it became known, and those that were left to a person.
    settled: int = 0
    unsettled: int = 0
    #: Why nobody was let in although somebody could have been; None when all was well.
    refused: str | None = None

    def add(self, other: Tally) -> None:
        """Add another round's counts."""
        for name in ("entered", "turned_away", "held_out", "advanced", "goals", "stopped",
                     "completed", "tasks", "unknown", "settled", "unsettled"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.sent.update(other.sent)
        self.held.update(other.held)
        self.skipped.update(other.skipped)
        self.failed.update(other.failed)
        self.refused = other.refused or self.refused

    @property
    def is_idle(self) -> bool:
        """Whether nothing happened at all."""
        return not (
            self.entered
            or self.turned_away
            or self.advanced
            or self.sent
            or self.held
            or self.skipped
            or self.failed
            or self.unknown
            or self.settled
            or self.unsettled
            or self.refused
        )

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look: something failed, or nobody knows."""
        return bool(self.failed or self.unknown or self.unsettled or self.refused)

    def sentence(self) -> str:
        """Say in one line what happened: `3 entered, 2 texts sent, 1 held for quiet hours`."""
        parts = [f"{self.entered:,} entered"] if self.entered else []
        parts += [f"{counted_messages(channel, count)} sent" for channel, count in _most(self.sent)]
        parts += [f"{count:,} held for {reason}" for reason, count in _most(self.held)]
        parts += [f"{count:,} skipped ({reason})" for reason, count in _most(self.skipped)]
        parts += [f"{count:,} failed ({reason})" for reason, count in _most(self.failed)]
        named = (
            (self.unknown, "of unknown outcome"),
            (self.settled, "settled"),
            (self.unsettled, "left unknown"),
            (self.tasks, "tasks opened" if self.tasks != 1 else "task opened"),
            (self.goals, "reached the goal"),
            (self.stopped, "stopped"),
            (self.completed, "completed"),
            (self.held_out, "held out"),
            (self.turned_away, "turned away"),
        )
        parts += [f"{count:,} {what}" for count, what in named if count]
        if self.refused:
            parts.insert(0, self.refused)
        return ", ".join(parts) or "nothing was due"


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
