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

from keepwarm.engine.facts import Facts, Happening, Sent, TaskState, Value
from keepwarm.engine.outcome import MessageStatus, Signal
from keepwarm.engine.plan import START, Needs
from keepwarm.schema.conditions import End
from keepwarm.store.database import Dialect, dialect_of, postgresql_driver, sqlite_driver
from keepwarm.store.fact_sql import COLUMNS, threshold
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.runs import DueRun

#: (fact, `top` or `bottom`, share) -> the value at that rank.
Thresholds: TypeAlias = Mapping[tuple[str, str, Decimal], float]
_Events: TypeAlias = dict[int, dict[str, list[Happening]]]

_NONE: Final[Mapping[Any, Any]] = {}
#: By their words: a look-up costs a tenth of a call of the enumeration.
_STATUSES: Final = {status.value: status for status in MessageStatus}


def read_facts(
    cx: Connection,
    needs: Needs,
    runs: Sequence[DueRun],
    now: datetime,
    thresholds: Thresholds | None = None,
) -> dict[int, Facts]:
    """Give what the plan of these runs must know, by the runs' keys.

    `thresholds` saves reading them again for each of many batches (`read_thresholds`).
    """
    ids = list({run.customer_id for run in runs})
    since = min((run.run.started_at for run in runs), default=now)
    known = _Known(cx, needs, ids, since, now, thresholds)
    # Who has not begun has sent nothing. Where no condition asks, only waits and deadlines do.
    begun = [run for run in runs if run.run.step != START]
    waiting = [r for r in begun if needs.results or r.run.memory.after_message is not None]
    working = [r for r in begun if needs.results or needs.tasks or r.run.memory.tasks_due]
    sent = _sent(cx, waiting, with_reactions=needs.results) if waiting else _NONE
    tasks = _tasks(cx, working) if working else _NONE
    return {
        run.id: Facts(
            known.attributes.get(run.customer_id, _NONE),
            known.events.get(run.customer_id, _NONE),
            known.thresholds,
            sent.get(run.id, _NONE),
            tasks.get(run.id, _NONE),
        )
        for run in runs
    }


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
            known.attributes.get(customer_id, _NONE),
            known.events.get(customer_id, _NONE),
            known.thresholds,
        )
        for customer_id in customer_ids
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
    """What is known of customers, by their keys."""

    def __init__(
        self,
        cx: Connection,
        needs: Needs,
        ids: Sequence[int],
        since: datetime,
        now: datetime,
        thresholds: Thresholds | None,
    ) -> None:
        self.attributes = _attributes(cx, needs.attributes - needs.scores, ids)
        if needs.scores:
            _add_scores(cx, needs.scores, ids, self.attributes)
        self.events = _events(cx, needs, ids, since, now)
        self.thresholds = read_thresholds(cx, needs) if thresholds is None else thresholds


def _attributes(
    cx: Connection, names: Iterable[str], ids: Sequence[int]
) -> dict[int, dict[str, Value]]:
    columns = sorted(COLUMNS.intersection(names))
    members = frozenset(names) - COLUMNS
    if not columns and not members:
        return {}
    text = {Dialect.SQLITE: "attributes", Dialect.POSTGRESQL: "attributes::text"}[dialect_of(cx)]
    wanted = ", ".join(["id", *columns, *([text] if members else [])])
    rows = _rows(cx, f"SELECT {wanted} FROM customer WHERE id {_IN[dialect_of(cx)]}", ids)
    known: dict[int, dict[str, Value]] = {}
    load = orjson.loads
    for row in rows:
        found: dict[str, Value] = {}
        if members:
            held = load(row[-1])
            for name in members:
                value = held.get(name)
                if value is not None:
                    found[name] = value
        for name, value in zip(columns, row[1:], strict=False):
            if value is not None:
                found[name] = value  # noqa: PERF403 - a comprehension per row costs more
        known[row[0]] = found
    return known


def _add_scores(
    cx: Connection, names: frozenset[str], ids: Sequence[int], known: dict[int, dict[str, Value]]
) -> None:
    sql = (
        "SELECT customer_id, name, number, word FROM score"
        f" WHERE customer_id {_IN[dialect_of(cx)]} AND name {_IN[dialect_of(cx)]}"
    )
    for customer_id, name, number, word in _rows(cx, sql, ids, sorted(names)):
        value = word if number is None else number
        if value is not None:
            known.setdefault(customer_id, {})[name] = value


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
        _add_events(cx, known, ids, sorted(names), start, now, with_properties=with_properties)
    return known


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
    dialect = dialect_of(cx)
    text = {Dialect.SQLITE: ", properties", Dialect.POSTGRESQL: ", properties::text"}[dialect]
    sql = (
        f"SELECT customer_id, name, at{text if with_properties else ''} FROM event"
        f" WHERE customer_id {_IN[dialect]} AND name {_IN[dialect]} AND at <= {_MARK[dialect]}"
        f"{'' if start is None else f' AND at >= {_MARK[dialect]}'} ORDER BY at"
    )
    bounds = [to_micros(now)] if start is None else [to_micros(now), to_micros(start)]
    load = orjson.loads
    for row in _rows(cx, sql, ids, names, *bounds):
        at = from_micros(row[2])
        happening = Happening(at, load(row[3])) if with_properties else Happening(at)
        of_customer = known.get(row[0])
        if of_customer is None:
            of_customer = known[row[0]] = {}
        of_customer.setdefault(row[1], []).append(happening)


# ── What became of a run's own messages and tasks ────────────────────────────────────────────


def _sent(
    cx: Connection, runs: Sequence[DueRun], *, with_reactions: bool
) -> dict[int, dict[int, Sent]]:
    """Give, by run and step, what became of the message sent last: by the last way tried."""
    sql = (
        "SELECT m.run_id, m.version_id, m.step, m.part, m.id, m.queued_at, o.status, o.at"
        " FROM message m LEFT JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt"
        f" WHERE m.run_id {_IN[dialect_of(cx)]} ORDER BY m.part"
    )
    versions = {run.id: run.version_id for run in runs}
    # (run, step) -> the message of the last way, and where it stands.
    last: dict[tuple[int, int], tuple[int, int, Sent]] = {}
    for run_id, version_id, step, part, key, queued_at, status, at in _rows(
        cx, sql, list(versions)
    ):
        if versions[run_id] != version_id:
            continue
        stands = (
            Sent(MessageStatus.QUEUED, from_micros(queued_at))
            if status is None
            else Sent(_STATUSES[status], from_micros(at))
        )
        known = last.get((run_id, step))
        if known is None or known[0] < part or known[2].status.rank < stands.status.rank:
            last[run_id, step] = (part, key, stands)
    keys = [key for _, key, _ in last.values()] if with_reactions else []
    reactions = _reactions(cx, keys)
    sent: dict[int, dict[int, Sent]] = {}
    for (run_id, step), (_, key, stands) in last.items():
        signals = reactions.get(key)
        sent.setdefault(run_id, {})[step] = (
            stands
            if signals is None
            else Sent(stands.status, stands.at, Signal.CLICKED in signals, Signal.OPENED in signals)
        )
    return sent


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


def _tasks(cx: Connection, runs: Sequence[DueRun]) -> dict[int, dict[int, TaskState]]:
    sql = (
        "SELECT run_id, version_id, step, outcome, done_at, due_at FROM task"
        f" WHERE run_id {_IN[dialect_of(cx)]}"
    )
    versions = {run.id: run.version_id for run in runs}
    tasks: dict[int, dict[int, TaskState]] = {}
    for run_id, version_id, step, outcome, done_at, due_at in _rows(cx, sql, list(versions)):
        if versions[run_id] == version_id:
            tasks.setdefault(run_id, {})[step] = TaskState(
                outcome, _moment(done_at), _moment(due_at)
            )
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
            return postgresql_driver(cx).execute(sql.encode(), values)
