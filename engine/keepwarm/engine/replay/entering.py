"""Getting in, in a replay: by events, by the clock, by another playbook (law 1).

The same rules as the store keeps with a unique key, for one customer in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from keepwarm.engine.conditions import holds
from keepwarm.engine.facts import Facts, Value
from keepwarm.engine.plan import START
from keepwarm.engine.replay.history import Occurred
from keepwarm.engine.replay.life import Life, Part
from keepwarm.engine.replay.lived import LivedRun
from keepwarm.engine.run import Run, RunStatus
from keepwarm.engine.situation import Situation
from keepwarm.engine.timing import before, zone_named
from keepwarm.engine.values import shown_number
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.playbook import (
    EveryTime,
    OncePerCustomer,
    OncePerProperty,
    WhenCalled,
    WhenEvent,
)

_NOTHING: Final = Facts()
_NO_TRIGGER: Final[Mapping[str, Value]] = {}


def enter_by_event(life: Life, part: Part, event: Occurred) -> bool:
    """Begin the run that an event starts; tell whether it starts one."""
    start = part.ready.plan.start
    if not isinstance(start, WhenEvent) or event.name != start.event:
        return False
    at, properties = event.happening.at, event.happening.properties
    if start.where != ALWAYS:
        situation = Situation(_NOTHING, at, at, {}, part.ready.plan.timezone)
        if not holds(start.where, situation, properties):
            return False
    key: str | None
    match start.once:
        case OncePerCustomer():
            key = next_key(life, part, start.once)
        case OncePerProperty(name):
            key = property_key(name, properties.get(name))
        case EveryTime():
            key = f"event {event.key}"
    if key is None or any(run.run.entry_key == key for run in part.runs):
        return False
    begin(life, part, RunStatus.SETTLING, key, at, properties)
    return True


def enter_called(life: Life, part: Part, caller: LivedRun) -> bool:
    """Begin the run that another run starts; tell whether it starts one."""
    start = part.ready.plan.start
    if not isinstance(start, WhenCalled):
        return False
    if isinstance(start.once, EveryTime):
        key: str | None = f"run {caller.playbook} {caller.run.entry_key} at {life.now.isoformat()}"
    else:
        key = next_key(life, part, start.once)
    if key is None:
        return False
    begin(life, part, RunStatus.ACTIVE, key, life.now)
    return True


def next_key(life: Life, part: Part, once: OncePerCustomer) -> str | None:
    """Give the key of the customer's next entry; None while they may not enter."""
    entered = [run for run in part.runs if run.run.status is not RunStatus.TURNED_AWAY]
    if not entered:
        return "1"
    if once.again_after is None or part.open:
        return None
    latest = before(life.now, once.again_after, zone_named(part.ready.plan.timezone))
    may_again = max(run.run.started_at for run in entered) <= latest
    return str(len(entered) + 1) if may_again else None


def property_key(name: str, value: Value | None) -> str:
    """Give the entry key of `once: per invoice` for the invoice of an event."""
    text = shown_number(value) if isinstance(value, int | float) else str(value)
    return name if value is None else f"{name} {text}"


def begin(
    life: Life,
    part: Part,
    status: RunStatus,
    key: str,
    started_at: datetime,
    trigger: Mapping[str, Value] = _NO_TRIGGER,
) -> None:
    """Begin a run that is due now."""
    mode = part.ready.mode
    run = Run(life.customer, status, mode, START, started_at, trigger, entry_key=key)
    begun = LivedRun(part.ready.plan.playbook, run, life.now, life.now)
    part.runs.append(begun)
    part.open.append(begun)
    life.lived.runs.append(begun)
