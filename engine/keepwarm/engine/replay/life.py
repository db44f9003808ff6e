"""A life being lived: one customer as known by now, and where each playbook stands with them."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final

from keepwarm.engine.facts import Facts, Happening, Value
from keepwarm.engine.replay.history import History
from keepwarm.engine.replay.lineup import Lineup, Ready
from keepwarm.engine.replay.lived import Lived, LivedMessage, LivedRun
from keepwarm.engine.situation import Situation
from keepwarm.engine.zones import Zones, zones_of
from keepwarm.schema.words import Channel

#: A tick that never comes.
NEVER: Final = 1 << 60

_by_moment = attrgetter("at")


@dataclass(slots=True)
class Queued:
    """A message that waits in the outbox."""

    of: LivedMessage
    due_at: datetime
    #: Messages that wait in one chunk are judged together, as in the running service.
    chunk: int


@dataclass(slots=True)
class Part:
    """One playbook's part in the customer's life."""

    ready: Ready
    #: Which of the clock's ticks looks at the customer next; NEVER while nothing can come of it.
    look: int = NEVER
    #: When that is.
    look_at: datetime | None = None
    #: Names of the facts whose change makes another look worth while.
    looks_at: frozenset[str] = frozenset()
    #: For `becomes`: whether the customer matched at the last look; None before the first.
    matched: bool | None = None
    runs: list[LivedRun] = field(default_factory=list)
    open: list[LivedRun] = field(default_factory=list)
    queue: list[Queued] = field(default_factory=list)

    def look_next(self, tick: int, looks_at: frozenset[str]) -> None:
        """Set when the clock looks next, unless one of these facts changes before."""
        ticks = self.ready.ticks
        self.look, self.looks_at = tick, looks_at
        self.look_at = ticks[tick] if tick < len(ticks) else None


class Life:
    """One customer as known by now, and where each playbook stands with them."""

    __slots__ = (
        "attributes", "barred", "choices", "chunks", "customer", "events", "known_since", "lineup",
        "lived", "now", "parts", "touches", "turn",
    )  # fmt: skip

    def __init__(self, lineup: Lineup, history: History) -> None:
        self.lineup = lineup
        self.customer = history.customer
        self.known_since = history.known_since
        self.now = lineup.since
        self.attributes: dict[str, Value] = dict(history.attributes)
        self.events: dict[str, list[Happening]] = {}
        #: (topic, channel or `*`) -> what the customer chose.
        self.choices: dict[tuple[str, str], bool] = {}
        #: Addresses that may not be used, and why.
        self.barred: dict[tuple[Channel, str], str] = {}
        #: The marketing that went out: when, by which channel.
        self.touches: list[tuple[datetime, Channel]] = []
        self.parts = [Part(ready) for ready in lineup.playbooks]
        #: The place of the playbook whose turn it is; before the first and behind the last outside.
        self.turn = -1
        self.chunks = 0
        self.lived = Lived(history.customer)

    def add_event(self, name: str, happening: Happening) -> None:
        """Remember an event, in the order in which events happened."""
        known = self.events.get(name)
        if known is None:
            self.events[name] = [happening]
        elif known[-1].at <= happening.at:
            known.append(happening)
        else:
            insort(known, happening, key=_by_moment)

    def facts(self, run: LivedRun | None = None) -> Facts:
        """Give what is known by now, by a run or outside any."""
        thresholds = self.lineup.ranks.at(self.now)
        if run is None:
            return Facts(self.attributes, self.events, thresholds)
        return Facts(self.attributes, self.events, thresholds, run.sent, run.tasks)

    def situation(self, part: Part) -> Situation:
        """Give what conditions outside any run look at."""
        return Situation(self.facts(), self.now, timezone=part.ready.plan.timezone)

    def zones(self, part: Part) -> Zones:
        """Give the zones that the customer may live in."""
        profile, phone = self.attributes.get("timezone"), self.attributes.get("phone")
        return zones_of(
            profile if isinstance(profile, str) else None,
            phone if isinstance(phone, str) else None,
            part.ready.plan.timezone,
        )

    def next_tick(self, part: Part, moment: datetime) -> int:
        """Give the first tick, not before a moment, that a playbook's clock has not taken yet."""
        ready = part.ready
        if moment > self.now:
            return ready.tick_from(moment)
        return ready.tick_from(self.now) if ready.place > self.turn else ready.tick_after(self.now)

    def wake(self, part: Part) -> bool:
        """Have the open runs of a playbook looked at now; tell whether there are any."""
        for run in part.open:
            if run.due_at is not None and run.due_at > self.now:
                run.due_at = self.now
        return bool(part.open)
