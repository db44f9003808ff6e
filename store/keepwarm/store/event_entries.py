"""Runs that an event starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection, text

from keepwarm.engine.conditions import Situation, holds
from keepwarm.engine.facts import Facts, Value
from keepwarm.engine.plan import Plan
from keepwarm.engine.run import Mode, RunStatus
from keepwarm.schema.playbook import EveryTime, OncePerCustomer, OncePerProperty, WhenEvent
from keepwarm.store.entry_rows import (
    Entrant,
    insert_entrants,
    lets_in,
    mode_of,
    next_keys,
    present,
    property_key,
)
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros

_NOTHING = Facts()


@dataclass(frozen=True, slots=True)
class _Event:
    id: int
    customer: int
    at: datetime
    properties: dict[str, Value]


def enter_from_events(
    cx: Connection,
    plan: Plan,
    version_id: int,
    event_ids: Sequence[int],
    now: datetime,
    mode: Mode | None = None,
) -> int:
    """Begin the runs that these events start, and give how many began.

    The events are stored already; keys that name no row are passed over, so known events start
    nothing (law 3). A later event of a key belongs to the run that the first one began (law 2).

    A run begins as settling: whether its other conditions hold is decided when it is advanced,
    and for a while again (law 4); so is whether `and_then_no` keeps away. `where` is decided
    here, because an event's own properties never change.
    """
    start = plan.start
    if not isinstance(start, WhenEvent) or not lets_in(plan):
        return 0
    events = [each for each in _read(cx, start.event, event_ids) if _counts(start, each, plan)]
    here = present(cx, sorted({event.customer for event in events}))
    entrants = _entrants(cx, plan, start, [each for each in events if each.customer in here], now)
    mode = mode or mode_of(plan)
    return insert_entrants(cx, plan, version_id, entrants, RunStatus.SETTLING, mode, now)


def _read(cx: Connection, name: str, ids: Sequence[int]) -> list[_Event]:
    """Give the events of a name, in the order they happened."""
    rows = cx.execute(
        text(
            "SELECT id, customer_id, at, properties FROM event"
            f" WHERE id {in_ids(cx)} AND name = :name ORDER BY at, id"
        ).bindparams(id_list(cx, ids)),
        {"name": name},
    )
    return [
        _Event(key, customer, from_micros(at), from_json(held)) for key, customer, at, held in rows
    ]


def _counts(start: WhenEvent, event: _Event, plan: Plan) -> bool:
    situation = Situation(_NOTHING, event.at, event.at, {}, plan.timezone)
    return holds(start.where, situation, event.properties)


def _entrants(
    cx: Connection, plan: Plan, start: WhenEvent, events: Sequence[_Event], now: datetime
) -> Iterator[Entrant]:
    """Give one entrant a key: the first of its events."""
    keyed: dict[tuple[int, str], _Event] = {}
    match start.once:
        case OncePerCustomer():
            customers = sorted({event.customer for event in events})
            keys = next_keys(cx, plan, start.once, customers, now)
            for event in events:
                if event.customer in keys:
                    keyed.setdefault((event.customer, keys[event.customer]), event)
        case OncePerProperty(name):
            for event in events:
                key = property_key(name, event.properties.get(name))
                keyed.setdefault((event.customer, key), event)
        case EveryTime():
            keyed = {(event.customer, f"event {event.id}"): event for event in events}
        case _:
            assert_never(start.once)
    for (customer, key), event in keyed.items():
        yield customer, key, event.at, event.properties
