"""What is known about many customers at one moment: a few statements a batch, whatever is asked.

Only what a plan needs is read: personal attributes too only where a condition or a wait asks for
them. Rows come through the driver as tuples, which is several times faster than as objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import Connection, Row, select

from keepwarm.engine.crowd import Crowd, Place
from keepwarm.engine.facts import Facts, Happening, Sent, TaskState, Value
from keepwarm.engine.outcome import MessageStatus, Signal
from keepwarm.engine.plan import START, Needs
from keepwarm.schema.conditions import End
from keepwarm.store.columns import read_columns
from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver
from keepwarm.store.fact_sql import COLUMNS, threshold
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.runs import DueRuns

#: (fact, `top` or `bottom`, share) -> the value at that rank.
Thresholds: TypeAlias = Mapping[tuple[str, str, Decimal], float]
_Events: TypeAlias = dict[int, dict[str, list[Happening]]]

_NONE: Final[Mapping[Any, Any]] = {}


def read_crowd(
    cx: Connection,
    needs: Needs,
    due: DueRuns,
    now: datetime,
    thresholds: Thresholds | None = None,
) -> Crowd:
    """Give runs that are due, with what must be known of each, in their order.

    `thresholds` saves reading them again for each of many batches (`read_thresholds`).
    """
    since = min(at.started_at for at in due.positions)
    known = _Known(cx, needs, due.customer_ids, since, now, thresholds)
    # Who has not begun has sent nothing. Where no condition asks, only waits and deadlines do.
    begun = [place for place, at in enumerate(due.positions) if at.step != START]
    memories = [at.memory for at in due.positions]
    waiting = [p for p in begun if needs.results or memories[p].after_message is not None]
    working = [p for p in begun if needs.results or needs.tasks or memories[p].tasks_due]
    return Crowd(
        positions=due.positions,
        customers=known.customers,
        triggers=due.triggers,
        attributes=known.attributes,
        events=known.events,
        thresholds=known.thresholds,
        sent=_sent(cx, due, waiting, with_reactions=needs.results) if waiting else _NONE,
        tasks=_tasks(cx, due, working) if working else _NONE,
    )


def read_customers(
    cx: Connection,
    needs: Needs,
    customer_ids: Sequence[int],
    now: datetime,
    thresholds: Thresholds | None = None,
) -> dict[int, Facts]:
    """Give what is known of customers outside any run, by their keys."""
    known = _Known(cx, needs, customer_ids, now, now, thresholds)
    return {
        customer_id: Facts(
            known.attributes_at(place), known.events.get(place, _NONE), known.thresholds
        )
        for place, customer_id in enumerate(customer_ids)
    }


def read_thresholds(cx: Connection, needs: Needs) -> Thresholds:
    """Give the values at the ranks that the plan asks about; a rank without a value is absent."""
    if not needs.thresholds:
        return _NONE
    asked = sorted(needs.thresholds)
    dialect = dialect_of(cx)
    row: Row[Any] = cx.execute(
        select(
            *(
                threshold(name, End(end), share, is_score=name in needs.scores, dialect=dialect)
                for name, end, share in asked
            )
        )
    ).one()
    return {key: float(value) for key, value in zip(asked, row, strict=True) if value is not None}


class _Known:
    """What is known of customers, in the order of their keys."""

    def __init__(
        self,
        cx: Connection,
        needs: Needs,
        ids: Sequence[int],
        since: datetime,
        now: datetime,
        thresholds: Thresholds | None,
    ) -> None:
        self.customers, self.attributes = _customers(cx, needs.attributes - needs.scores, ids)
        if needs.scores:
            self.attributes |= _scores(cx, needs.scores, ids)
        happened = _events(cx, needs, ids, since, now)
        self.events = {place: happened[key] for place, key in enumerate(ids) if key in happened}
        self.thresholds = read_thresholds(cx, needs) if thresholds is None else thresholds

    def attributes_at(self, place: Place) -> dict[str, Value]:
        """Give the attributes of one of them."""
        columns = self.attributes.items()
        return {name: value for name, each in columns if (value := each[place]) is not None}


def _customers(
    cx: Connection, names: frozenset[str], ids: Sequence[int]
) -> tuple[Sequence[str], dict[str, Sequence[Value | None]]]:
    """Give the customers' own identifiers, and columns of attributes."""
    columns = sorted(COLUMNS & names)
    members = sorted(names - COLUMNS)
    found, customers, *values = read_columns(
        cx,
        ("id", "external_id", *columns),
        "FROM customer WHERE id {any} ORDER BY id",
        ids,
        objects=("attributes",) if members else (),
    )
    if found != list(ids):
        blank: tuple[object, ...] = ("", *(None for _ in columns), {})
        customers, *values = _in_order(ids, found, zip((customers, *values), blank, strict=False))
    attributes: dict[str, Sequence[Value | None]] = dict(zip(columns, values, strict=False))
    if members:
        attributes |= {name: [each.get(name) for each in values[-1]] for name in members}
    return customers, attributes


def _in_order(
    ids: Sequence[int], found: Sequence[int], columns: Iterable[tuple[Sequence[Any], Any]]
) -> list[Sequence[Any]]:
    """Put columns, each with its value of nobody, into the order of keys that may come twice."""
    place_of = {key: place for place, key in enumerate(found)}
    places = [place_of.get(key, len(found)) for key in ids]
    return [
        [each[place] for place in places]
        for each in ([*column, blank] for column, blank in columns)
    ]


def _scores(
    cx: Connection, names: frozenset[str], ids: Sequence[int]
) -> dict[str, Sequence[Value | None]]:
    sql = (
        "SELECT customer_id, name, number, word FROM score"
        f" WHERE customer_id {_IN[dialect_of(cx)]} AND name {_IN[dialect_of(cx)]}"
    )
    found: dict[str, dict[int, Value]] = {name: {} for name in names}
    for customer_id, name, number, word in _rows(cx, sql, ids, sorted(names)):
        found[name][customer_id] = word if number is None else number
    return {name: [known.get(key) for key in ids] for name, known in found.items()}


# ── Events ───────────────────────────────────────────────────────────────────────────────────


def _events(
    cx: Connection, needs: Needs, ids: Sequence[int], since: datetime, now: datetime
) -> _Events:
    """Read the events of customers, each name as far back as it is needed."""
    # Names that are needed alike are read by one statement.
    alike: dict[tuple[datetime | None, bool], list[str]] = defaultdict(list)
    for name in needs.events.keys() | needs.since_start:
        start = _start(needs, name, since, now)
        alike[start, name in needs.properties].append(name)
    known: _Events = {}
    for (start, with_properties), names in alike.items():
        if start is None or _any_happened(cx, sorted(names), start, now):
            _add_events(cx, known, ids, sorted(names), start, now, with_properties=with_properties)
    return known


def _any_happened(cx: Connection, names: Sequence[str], start: datetime, now: datetime) -> bool:
    """Tell whether these events happened to anybody: hardly to those who have just begun."""
    dialect = dialect_of(cx)
    sql = (
        f"SELECT 1 FROM event WHERE name {_IN[dialect]} AND at >= {_MARK[dialect]}"
        f" AND at <= {_MARK[dialect]} LIMIT 1"
    )
    return any(_rows(cx, sql, names, to_micros(start), to_micros(now)))


def _start(needs: Needs, name: str, since: datetime, now: datetime) -> datetime | None:
    if name not in needs.events:
        return since
    back: timedelta | None = needs.events[name]
    if back is None:
        return None
    return min(now - back, since) if name in needs.since_start else now - back


def _add_events(
    cx: Connection,
    known: _Events,
    ids: Sequence[int],
    names: Sequence[str],
    start: datetime | None,
    now: datetime,
    *,
    with_properties: bool,
) -> None:
    source = "FROM event WHERE customer_id {any} AND name {any} AND at <= {mark}"
    bounds = [to_micros(now)]
    if start is not None:
        source += " AND at >= {mark}"
        bounds.append(to_micros(start))
    who, which, ats, *properties = read_columns(
        cx,
        ("customer_id", "name", "at"),
        f"{source} ORDER BY at",
        ids,
        names,
        *bounds,
        objects=("properties",) if with_properties else (),
    )
    moments = map(from_micros, ats)
    happenings = map(Happening, moments, *properties)
    for customer_id, name, happening in zip(who, which, happenings, strict=True):
        of_customer = known.get(customer_id)
        if of_customer is None:
            of_customer = known[customer_id] = {}
        of_customer.setdefault(name, []).append(happening)


# ── What became of a run's own messages and tasks ────────────────────────────────────────────


def _sent(
    cx: Connection, due: DueRuns, places: Sequence[Place], *, with_reactions: bool
) -> dict[Place, dict[int, Sent]]:
    """Give, by place and step, what became of the message sent last: by the last way tried.

    Without reactions only what the runs wait for is read. Equal fates are one object.
    """
    source = (
        "FROM message m LEFT JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt"
        " WHERE m.run_id {any} AND m.version_id = {mark}"
    )
    given: list[Sequence[int] | int] = [due.ids_of(places), due.version_id]
    if not with_reactions:
        source += " AND m.step {any}"
        awaited = {due.positions[place].memory.after_message for place in places}
        given.append(sorted(step for step in awaited if step is not None))
    fates: dict[tuple[str | None, int], Sent] = {}
    # (run, step) -> the message of the last way, and where it stands.
    last: dict[tuple[int, int], tuple[int, Sent, int]] = {}
    for run_id, step, part, key, status, at in zip(
        *read_columns(cx, _SENT, source, *given), strict=True
    ):
        fate = fates.get((status, at))
        if fate is None:
            fate = fates[status, at] = _fate(status, at)
        known = last.get((run_id, step))
        if known is None or (known[0], known[1].status.rank) < (part, fate.status.rank):
            last[run_id, step] = (part, fate, key)
    reactions = _reactions(cx, [key for _, _, key in last.values()]) if with_reactions else _NONE
    place_of = {due.ids[place]: place for place in places}
    sent: dict[Place, dict[int, Sent]] = {}
    for (run_id, step), (_, fate, key) in last.items():
        of_run = sent.setdefault(place_of[run_id], {})
        of_run[step] = _with_signals(fate, reactions[key]) if key in reactions else fate
    return sent


_SENT: Final = ("m.run_id", "m.step", "m.part", "m.id", "o.status", "coalesce(o.at, m.queued_at)")


def _fate(status: str | None, at: int) -> Sent:
    """Give a message's fate; without a status it waits since a moment."""
    return Sent(MessageStatus.QUEUED if status is None else MessageStatus(status), from_micros(at))


def _with_signals(fate: Sent, signals: set[str]) -> Sent:
    return Sent(fate.status, fate.at, Signal.CLICKED in signals, Signal.OPENED in signals)


def _reactions(cx: Connection, message_ids: Sequence[int]) -> dict[int, set[str]]:
    """Give what people did with messages; what machines did does not count (law 28)."""
    if not message_ids:
        return {}
    sql = (
        "SELECT message_id, signal FROM report"
        f" WHERE message_id {_IN[dialect_of(cx)]}"
        f" AND signal IN ('{Signal.OPENED}', '{Signal.CLICKED}') AND NOT by_machine"
    )
    found: dict[int, set[str]] = {}
    for message_id, signal in _rows(cx, sql, message_ids):
        found.setdefault(message_id, set()).add(signal)
    return found


def _tasks(
    cx: Connection, due: DueRuns, places: Sequence[Place]
) -> dict[Place, dict[int, TaskState]]:
    place_of = {due.ids[place]: place for place in places}
    tasks: dict[Place, dict[int, TaskState]] = {}
    for run_id, step, outcome, done_at, due_at in zip(
        *read_columns(
            cx,
            ("run_id", "step", "outcome", "done_at", "due_at"),
            "FROM task WHERE run_id {any} AND version_id = {mark}",
            due.ids_of(places),
            due.version_id,
        ),
        strict=True,
    ):
        state = TaskState(outcome, _moment(done_at), _moment(due_at))
        tasks.setdefault(place_of[run_id], {})[step] = state
    return tasks


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


# ── Through the driver ───────────────────────────────────────────────────────────────────────

#: That a column is one of the values of a list, and that one value stands here.
_IN: Final = {
    Dialect.SQLITE: "IN (SELECT value FROM json_each(?))",
    Dialect.POSTGRESQL: "= ANY(%s)",
}
_MARK: Final = {Dialect.SQLITE: "?", Dialect.POSTGRESQL: "%s"}


def _rows(cx: Connection, sql: str, *values: Sequence[int] | Sequence[str] | int) -> Iterable[Any]:
    """Give the rows of a statement as tuples; lists become what `_IN` takes."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            bound = [v if isinstance(v, int) else orjson.dumps(v).decode() for v in values]
            return sqlite_driver(cx).execute(sql, bound)
        case Dialect.POSTGRESQL:
            lists = [v if isinstance(v, int) else list(v) for v in values]
            return postgresql_driver(cx).execute(sql.encode(), lists)
