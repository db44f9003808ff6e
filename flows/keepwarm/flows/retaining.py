"""Retention: what the policies keep no longer goes, a little every hour.

An event stays as long as a live playbook or a score may ask for it, and as long as a run goes on
that began before it: to let it go would change what they decide.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.replay.lineup import facts_read
from keepwarm.engine.timing import before, zone_named
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.system import System
from keepwarm.schema.lengths import Length
from keepwarm.schema.retention import Forever, Kept, Retention
from keepwarm.store.connection import Connection
from keepwarm.store.retaining import (
    count_old,
    count_old_events,
    event_names,
    oldest_open_run,
    remove_old,
    remove_old_events,
)

#: How many rows go in one transaction, so that nobody waits for long.
BATCH: Final = 2_000
#: How long the housekeeping of an hour may remove; the rest waits for the next.
_AN_HOUR_TAKES: Final = timedelta(seconds=20)
#: As many as are counted; more are told as "more than".
MOST_COUNTED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to when one kind may go."""

    kept: Kept
    length: Length | Forever
    #: None lets nothing go.
    before: datetime | None
    #: For events: the name, and why it stays longer than its length if it does.
    event: str = ""
    because: str = ""


def limits(cx: Connection, shelf: Shelf, now: datetime) -> Iterator[Limit]:
    """Give up to when each kind may go, by the policies that were applied last."""
    retention = shelf.policies(cx).keep
    for kept in Kept:
        if kept is Kept.EVENTS:
            yield from _of_events(cx, shelf, retention, now)
        else:
            length = retention.length(kept)
            yield Limit(kept, length, _cutoff(length, now))


def _cutoff(length: Length | Forever, now: datetime) -> datetime | None:
    return None if isinstance(length, Forever) else before(now, length, zone_named("UTC"))


def _of_events(
    cx: Connection, shelf: Shelf, retention: Retention, now: datetime
) -> Iterator[Limit]:
    length = retention.length(Kept.EVENTS)
    cutoff = _cutoff(length, now)
    asked = facts_read(live.plan for live in shelf.live(cx).values())
    scored = _scored(cx, shelf)
    began = oldest_open_run(cx)
    for name in event_names(cx):
        if cutoff is None or name in scored:
            because = "a score is computed from it" if name in scored else ""
            yield Limit(Kept.EVENTS, length, None, name, because)
            continue
        yield _of_event(name, length, cutoff, asked, began, now)


def _of_event(
    name: str,
    length: Length | Forever,
    cutoff: datetime,
    asked: Mapping[str, timedelta | None],
    began: datetime | None,
    now: datetime,
) -> Limit:
    if name not in asked:
        return Limit(Kept.EVENTS, length, cutoff, name)
    reach = asked[name]
    if reach is None:
        because = "a live playbook asks whether it ever happened"
        return Limit(Kept.EVENTS, length, None, name, because)
    first = min([cutoff, now - reach, *([began - reach] if began else [])])
    because = "a live playbook asks for it" if first < cutoff else ""
    return Limit(Kept.EVENTS, length, first, name, because)


def _scored(cx: Connection, shelf: Shelf) -> frozenset[str]:
    catalog = shelf.catalog(cx)
    return frozenset(score.event for score in catalog.scores.values()) if catalog else frozenset()


# ── Letting go ───────────────────────────────────────────────────────────────────────────────


def let_go(system: System, lasts: timedelta = _AN_HOUR_TAKES) -> dict[Kept, int]:
    """Let go what is old, in batches of their own transactions; give how much of each kind was."""
    now = system.clock()
    with system.database.reading() as cx:
        found = list(limits(cx, system.shelf, now))
    until = time.monotonic() + lasts.total_seconds()
    gone: dict[Kept, int] = {}
    for limit in found:
        while limit.before is not None and time.monotonic() < until:
            with system.database.writing(durable=False) as cx:
                rows = _batch(cx, limit, limit.before, now)
            gone[limit.kept] = gone.get(limit.kept, 0) + rows
            if rows < BATCH:
                break
    return {kept: rows for kept, rows in gone.items() if rows}


def _batch(cx: Connection, limit: Limit, cutoff: datetime, now: datetime) -> int:
    if limit.event:
        return remove_old_events(cx, limit.event, cutoff, BATCH, now)
    return remove_old(cx, limit.kept, cutoff, BATCH)


def would_go(cx: Connection, limit: Limit) -> int:
    """Count what would go by a limit now, up to `MOST_COUNTED`."""
    if limit.before is None:
        return 0
    if limit.event:
        return count_old_events(cx, limit.event, limit.before, MOST_COUNTED)
    return count_old(cx, limit.kept, limit.before, MOST_COUNTED)
