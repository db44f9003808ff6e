"""Histories: what is recorded of customers, point in time, read for a replay a batch at a time.

What came with a file counts as known all along: events of a file arrived when they happened, and
customers of a file were there before. All else is replayed at the moment it arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.facts import Happening, Value
from keepwarm.engine.outcome import Signal
from keepwarm.engine.plan import Plan
from keepwarm.engine.replay.history import (
    Arrival,
    Barred,
    Chose,
    History,
    Learned,
    Occurred,
    Reacted,
    Reaction,
    TaskFinished,
)
from keepwarm.engine.replay.lineup import facts_read
from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.customers import COLUMNS
from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver
from keepwarm.store.import_rows import SOURCE
from keepwarm.store.moments import from_micros, to_micros

#: How many customers are read at once.
BATCH: Final = 2_000

#: What people did with messages, and what providers told of them later.
_REACTIONS: Final = {
    Signal.OPENED: Reaction.OPENED,
    Signal.CLICKED: Reaction.CLICKED,
    Signal.DELIVERED: Reaction.DELIVERED,
    Signal.BOUNCED: Reaction.FAILED,
    Signal.REJECTED: Reaction.FAILED,
}
_IS_PRESENT: Final = "erased_at IS NULL AND merged_into IS NULL"
#: Before every moment.
_EVER: Final = -(1 << 62)
_NO_PROPERTIES: Final[Mapping[str, Value]] = {}
_when: Final = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which part of what is recorded a replay reads."""

    since: datetime
    until: datetime
    #: Event -> how long before the start it is read from; None is for ever.
    events: Mapping[str, timedelta | None]
    pepper: bytes


def recorded_for(
    plans: Iterable[Plan], since: datetime, until: datetime, pepper: bytes
) -> Recorded:
    """Say what must be read to replay these plans between two moments."""
    return Recorded(since, until, facts_read(plans), pepper)


def batches(cx: Connection) -> list[tuple[int, int]]:
    """Give ranges of customers' keys, first and last, that together hold everybody."""
    found = cx.execute(
        text(
            "SELECT min(id), max(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1)"
            f" / {BATCH} AS part FROM customer WHERE {_IS_PRESENT}) AS parts"
            " GROUP BY part ORDER BY part"
        )
    )
    return [(first, last) for first, last in found]


def read_histories(cx: Connection, recorded: Recorded, batch: tuple[int, int]) -> list[History]:
    """Read what is recorded of the customers of a range, in the order of their keys."""
    known = _customers(cx, recorded, batch)
    # Of one moment profiles are taken in first, then what people answered, then events.
    for read in (_changes, _choices, _suppressions, _tasks, _reactions, _events):
        read(cx, recorded, batch, known)
    for each in known.values():
        each.arrivals.sort(key=_when)
    return [
        History(each.customer, each.attributes, each.arrivals, each.known_since, key)
        for key, each in known.items()
    ]


@dataclass(slots=True)
class _Known:
    """What was read of one customer so far."""

    customer: str
    attributes: dict[str, Value]
    known_since: datetime | None
    arrivals: list[Arrival] = field(default_factory=list)


#: The first and the last key of a batch.
_Batch: TypeAlias = tuple[int, int]
_Customers: TypeAlias = dict[int, _Known]


def _customers(cx: Connection, recorded: Recorded, batch: _Batch) -> _Customers:
    """Read who there is, as known now."""
    sql = "SELECT DISTINCT finished_at FROM import WHERE finished_at IS NOT NULL"
    # Who was made in the moment of an import came with its file.
    files = {moment for (moment,) in _rows(cx, sql)}
    since = to_micros(recorded.since)
    sql = (
        f"SELECT id, external_id, created_at, {_as_text(cx, 'attributes')}, {', '.join(COLUMNS)}"
        f" FROM customer WHERE id BETWEEN ? AND ? AND {_IS_PRESENT} ORDER BY id"
    )
    known: _Customers = {}
    for key, customer, created_at, attributes, *columns in _rows(cx, sql, *batch):
        held = orjson.loads(attributes)
        for name, value in zip(COLUMNS, columns, strict=True):
            if value is not None:
                held[name] = value
        was_there = created_at <= since or created_at in files
        known[key] = _Known(customer, held, None if was_there else from_micros(created_at))
    sql = "SELECT customer_id, name, number, word FROM score WHERE customer_id BETWEEN ? AND ?"
    for key, name, number, word in _rows(cx, sql, *batch):
        if key in known:
            known[key].attributes[name] = word if number is None else number
    return known


def _changes(cx: Connection, recorded: Recorded, batch: _Batch, known: _Customers) -> None:
    """Undo what changed since the start, the latest first, and let it be learned in its time."""
    sql = (
        f"SELECT customer_id, at, playbook, {_as_text(cx, 'was')} FROM attribute_change"
        " WHERE customer_id BETWEEN ? AND ? AND at >= ? ORDER BY customer_id, at DESC, id DESC"
    )
    for key, at, playbook, was in _rows(cx, sql, *batch, to_micros(recorded.since)):
        if key not in known:
            continue
        one, before = known[key], orjson.loads(was)
        learned = {name: one.attributes.get(name) for name in before}
        one.arrivals.append(Learned(from_micros(at), learned, playbook))
        for name, value in before.items():
            if value is None:
                one.attributes.pop(name, None)
            else:
                one.attributes[name] = value
    for one in known.values():
        one.arrivals.reverse()


def _choices(cx: Connection, recorded: Recorded, batch: _Batch, known: _Customers) -> None:
    sql = (
        "SELECT customer_id, at, topic, channel, allowed FROM consent"
        " WHERE customer_id BETWEEN ? AND ? AND topic <> '*' AND at <= ? ORDER BY at, id"
    )
    for key, at, topic, channel, allowed in _rows(cx, sql, *batch, to_micros(recorded.until)):
        if key in known:
            chose = Chose(from_micros(at), topic, channel, bool(allowed))
            known[key].arrivals.append(chose)


def _suppressions(cx: Connection, recorded: Recorded, batch: _Batch, known: _Customers) -> None:
    """Bar every address that the customers had, from when on it may not be used."""
    del batch
    sql = "SELECT channel, address_hash, reason, at FROM suppression"
    barred = {(channel, hashed): (reason, at) for channel, hashed, reason, at in _rows(cx, sql)}
    if not barred:
        return
    for one in known.values():
        for channel, address in _addresses(one):
            found = barred.get((channel, address_hash(recorded.pepper, channel, address)))
            if found is not None:
                reason, at = found
                one.arrivals.append(Barred(from_micros(at), channel, address, reason))


def _addresses(one: _Known) -> set[tuple[Channel, str]]:
    """Give every address that a customer had since the start."""
    known = [one.attributes, *(each.values for each in one.arrivals if isinstance(each, Learned))]
    named = {
        (channel, values.get(name)) for values in known for channel, name in ADDRESS_OF.items()
    }
    # A push goes to the customer's own identifier.
    named.add((Channel.PUSH, one.customer))
    return {(channel, address) for channel, address in named if isinstance(address, str)}


def _tasks(cx: Connection, recorded: Recorded, batch: _Batch, known: _Customers) -> None:
    """Read what people did with tasks; what a run withdrew it withdraws again."""
    sql = (
        "SELECT customer_id, done_at, title, outcome, playbook, opened_at FROM task"
        " WHERE customer_id BETWEEN ? AND ? AND done_at IS NOT NULL AND opened_at >= ?"
        " AND outcome <> 'withdrawn' ORDER BY done_at, id"
    )
    found = _rows(cx, sql, *batch, to_micros(recorded.since))
    for key, at, title, outcome, playbook, opened_at in found:
        if key in known:
            opened = from_micros(opened_at)
            done = TaskFinished(from_micros(at), title, outcome, playbook, opened)
            known[key].arrivals.append(done)


def _reactions(cx: Connection, recorded: Recorded, batch: _Batch, known: _Customers) -> None:
    """Read what came of messages; what machines did does not count (law 28)."""
    sql = (
        "SELECT m.customer_id, r.received_at, m.template, r.signal, m.playbook, m.queued_at"
        " FROM message m JOIN report r ON r.message_id = m.id"
        " WHERE m.customer_id BETWEEN ? AND ? AND m.queued_at >= ? AND NOT r.by_machine"
        " ORDER BY r.received_at, r.id"
    )
    found = _rows(cx, sql, *batch, to_micros(recorded.since))
    for key, at, template, signal, playbook, queued_at in found:
        reaction = _REACTIONS.get(signal)
        if key in known and reaction is not None and template is not None:
            queued = from_micros(queued_at)
            reacted = Reacted(from_micros(at), template, reaction, playbook, queued)
            known[key].arrivals.append(reacted)


def _events(cx: Connection, recorded: Recorded, batch: _Batch, known: _Customers) -> None:
    """Read events in the order they happened, each name as far back as anybody asks."""
    by_start: dict[int, list[str]] = defaultdict(list)
    for name, back in sorted(recorded.events.items()):
        by_start[_EVER if back is None else to_micros(recorded.since - back)].append(name)
    load = orjson.loads
    for start, names in by_start.items():
        marks = ", ".join("?" * len(names))
        sql = (
            f"SELECT customer_id, name, at, received_at, source, id, {_as_text(cx, 'properties')}"
            f" FROM event WHERE customer_id BETWEEN ? AND ? AND name IN ({marks})"
            " AND at >= ? AND at <= ? ORDER BY customer_id, at, id"
        )
        found = _rows(cx, sql, *batch, *names, start, to_micros(recorded.until))
        for key, name, at, received_at, source, event_id, properties in found:
            one = known.get(key)
            if one is not None:
                moment = from_micros(at)
                is_late = received_at > at and source != SOURCE
                arrived = from_micros(received_at) if is_late else moment
                held = load(properties) if properties != "{}" else _NO_PROPERTIES
                one.arrivals.append(Occurred(arrived, name, Happening(moment, held), str(event_id)))


# ── Through the driver ───────────────────────────────────────────────────────────────────────


def _as_text(cx: Connection, column: str) -> str:
    """Give the SQL of a JSON column's text, which is read faster than the driver reads JSON."""
    return {Dialect.SQLITE: column, Dialect.POSTGRESQL: f"{column}::text"}[dialect_of(cx)]


def _rows(cx: Connection, sql: str, *values: int | str) -> Iterable[Any]:
    """Give the rows of a statement as tuples."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            return sqlite_driver(cx).execute(sql, values)
        case Dialect.POSTGRESQL:
            return postgresql_driver(cx).execute(sql.replace("?", "%s").encode(), values)
