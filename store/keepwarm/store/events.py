"""Events: kept once each, however often they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Final, TypeAlias

from sqlalchemy import Connection

from keepwarm.engine.facts import Value
from keepwarm.store.bulk import insert_rows, json_text, next_ids
from keepwarm.store.customers import keys_made
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import EventRow


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class NewEvent:
    """Something that a customer did, or that happened to one, as it is told."""

    #: The customer's own identifier.
    customer: str
    name: str
    at: datetime
    source: str
    #: What the source calls this event; the same once more changes nothing (law 3).
    source_id: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    #: When it arrived, if that was before now.
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventsPut:
    """What came of telling events."""

    new: int
    #: Told before, by the same source under the same identifier.
    known: int
    customers_made: int
    #: The keys of their rows, in the order told. Those of known events name no row.
    ids: Sequence[int] = ()
    #: Customer -> the key of their row.
    keys: Mapping[str, int] = field(default_factory=dict)


#: An event as the rows of a batch hold it: customer, name, at, received_at, source, source_id,
#: properties; moments in microseconds, properties as JSON text.
EventValues: TypeAlias = tuple[str, str, int, int, str, str, str]

_COLUMNS: Final = (
    "id", "customer_id", "name", "at", "received_at", "source", "source_id", "properties",
)  # fmt: skip


def put_events(cx: Connection, events: Iterable[NewEvent], now: datetime) -> EventsPut:
    """Append the events that are not known, and make the customers that are not.

    Time in the future is clamped to the arrival (law 3).
    """
    arrival = to_micros(now)
    return append_events(cx, [_values(event, arrival) for event in events], now)


def append_events(cx: Connection, told: Sequence[EventValues], now: datetime) -> EventsPut:
    """Do the same for events that are tuples already; a million objects would take seconds."""
    keys, made = keys_made(cx, {each[0] for each in told}, now)
    ids = next_ids(cx, EventRow, len(told))
    rows = [
        (key, keys[customer], name, min(at, received), received, source, source_id, properties)
        for key, (customer, name, at, received, source, source_id, properties) in zip(
            ids, told, strict=True
        )
    ]
    if dialect_of(cx) is Dialect.POSTGRESQL:
        # Two writers who bring the same events meet in the same order, not in each other's way.
        rows.sort(key=itemgetter(5, 6))
    new = insert_rows(cx, EventRow, _COLUMNS, rows, on_conflict="skip", is_encoded=True)
    return EventsPut(new, len(told) - new, made, ids, keys)


def _values(event: NewEvent, arrival: int) -> EventValues:
    received = arrival if event.received_at is None else to_micros(event.received_at)
    return (
        event.customer,
        event.name,
        to_micros(event.at),
        received,
        event.source,
        event.source_id,
        json_text(event.properties) if event.properties else "{}",
    )
