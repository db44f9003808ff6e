"""What is known about many customers at one moment: a few statements a batch, whatever is asked.

Only what a plan needs is read: personal attributes too only where a condition or a wait asks for
them. Rows come through the driver as tuples, which is several times faster than as objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, select

from keepwarm.engine.crowd import Crowd, Place
from keepwarm.engine.facts import Facts, Happening, Value
from keepwarm.engine.plan import START, Needs
from keepwarm.schema.conditions import End
from keepwarm.store.columns import Columns, ask_columns, read_columns
from keepwarm.store.database import dialect_of
from keepwarm.store.driver import run
from keepwarm.store.fact_sql import COLUMNS, threshold
from keepwarm.store.fates import ask_sent, ask_tasks
from keepwarm.store.ids import in_ids
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.runs import DueRuns

#: (fact, `top` or `bottom`, share) -> the value at that rank.
Thresholds: TypeAlias = Mapping[tuple[str, str, Decimal], float]
_Events: TypeAlias = dict[int, dict[str, list[Happening]]]

_NONE: Final[Mapping[Any, Any]] = {}


def ask_crowd(cx: Connection, needs: Needs, due: DueRuns, now: datetime) -> Callable[[], Crowd]:
    """Ask for what must be known of runs that are due, and give what puts it together, in order.

    That needs the database no more, so another thread may do it.
    """
    stands = due.stands()
    since = min(at.started_at for at in stands.values())
    known = _Known(cx, needs, due.customer_ids, since, now)
    # Who has not begun has sent nothing. Where no condition asks, only waits and deadlines do.
    begun = {key: at.memory for key, at in stands.items() if at.step != START}
    waits = {k for k, m in begun.items() if needs.results or m.after_message is not None}
    works = {k for k, m in begun.items() if needs.results or needs.tasks or m.tasks_due}
    waiting, working = _places(due, waits), _places(due, works)
    sent = ask_sent(cx, due, waiting, with_reactions=needs.results) if waiting else _nothing
    tasks = ask_tasks(cx, due, working) if working else _nothing

    def put_together() -> Crowd:
        customers, attributes = known.attributes()
        return Crowd(
            positions=due.positions,
            customers=customers,
            triggers=due.triggers,
            attributes=attributes,
            events=known.events(),
            thresholds=known.thresholds,
            sent=sent(),
            tasks=tasks(),
        )

    return put_together


def _places(due: DueRuns, stands: Collection[int]) -> list[Place]:
    """Give the places of those who stand at these of `due.stands()`."""
    if not stands:
        return []
    return [place for place, key in enumerate(map(id, due.positions)) if key in stands]


def _nothing() -> Mapping[Any, Any]:
    return _NONE


def read_customers(
    cx: Connection, needs: Needs, customer_ids: Sequence[int], now: datetime
) -> dict[int, Facts]:
    """Give what is known of customers outside any run, by their keys."""
    known = _Known(cx, needs, customer_ids, now, now)
    _, columns = known.attributes()
    events = known.events()
    found = {}
    for place, key in enumerate(customer_ids):
        each = {name: value for name, column in columns.items()
                if (value := column[place]) is not None}  # fmt: skip
        found[key] = Facts(each, events.get(place, _NONE), known.thresholds)
    return found


class _Known:
    """What is known of customers, asked for when it is made and read when it is wanted."""

    def __init__(
        self,
        cx: Connection,
        needs: Needs,
        ids: Sequence[int],
        since: datetime,
        now: datetime,
    ) -> None:
        self._ids = ids
        self._read_customers = _customers(cx, needs.attributes - needs.scores, ids)
        self._scores = _scores(cx, needs.scores, ids) if needs.scores else {}
        self._happened = _events(cx, needs, ids, since, now)
        self.thresholds = read_thresholds(cx, needs)

    def attributes(self) -> tuple[Sequence[str], dict[str, Sequence[Value | None]]]:
        """Give the customers' own identifiers, and columns of attributes."""
        customers, attributes = self._read_customers()
        return customers, attributes | self._scores

    def events(self) -> dict[Place, dict[str, list[Happening]]]:
        """Give what they did, of what is asked about."""
        happened: _Events = {}
        for read in self._happened:
            _add_events(happened, *read())
        return {place: happened[key] for place, key in enumerate(self._ids) if key in happened}


def _customers(
    cx: Connection, names: frozenset[str], ids: Sequence[int]
) -> Callable[[], tuple[Sequence[str], dict[str, Sequence[Value | None]]]]:
    """Ask for the customers' own identifiers, and columns of attributes."""
    columns = sorted(COLUMNS & names)
    members = sorted(names - COLUMNS)
    asked = ask_columns(
        cx,
        ("id", "external_id", *columns),
        "FROM customer WHERE id {any} ORDER BY id",
        ids,
        objects=("attributes",) if members else (),
    )

    def read() -> tuple[Sequence[str], dict[str, Sequence[Value | None]]]:
        found, customers, *values = asked()
        if found != list(ids):
            blank: tuple[object, ...] = ("", *(None for _ in columns), {})
            given = zip((customers, *values), blank, strict=False)
            customers, *values = _in_order(ids, found, given)
        attributes: dict[str, Sequence[Value | None]] = dict(zip(columns, values, strict=False))
        if members:
            attributes |= {name: [each.get(name) for each in values[-1]] for name in members}
        return customers, attributes

    return read


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
        f" WHERE customer_id {in_ids(cx)} AND name {in_ids(cx, 'names')}"
    )
    found: dict[str, dict[int, Value]] = {name: {} for name in names}
    for customer_id, name, number, word in run(cx, sql, ids=ids, names=sorted(names)):
        found[name][customer_id] = word if number is None else number
    return {name: [known.get(key) for key in ids] for name, known in found.items()}


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


# ── Events ───────────────────────────────────────────────────────────────────────────────────


def _events(
    cx: Connection, needs: Needs, ids: Sequence[int], since: datetime, now: datetime
) -> list[Callable[[], Columns]]:
    """Ask for the events of customers, each name as far back as it is needed."""
    # Names that are needed alike are read by one statement.
    alike: dict[tuple[datetime | None, bool], list[str]] = defaultdict(list)
    for name in needs.events.keys() | needs.since_start:
        start = _start(needs, name, since, now)
        alike[start, name in needs.properties].append(name)
    asked = []
    for (start, with_properties), of_names in alike.items():
        names = sorted(of_names)
        who = ids if start is None else _who_may_have(cx, ids, names, start, now)
        if who:
            asked.append(_ask_events(cx, who, names, start, now, with_properties=with_properties))
    return asked


#: Going through so many events, which lie together, costs less than looking up one customer's.
_WORTH_A_CUSTOMER: Final = 16
_HAPPENED: Final = "FROM event WHERE name = {mark} AND at >= {mark} AND at <= {mark}"


def _who_may_have(
    cx: Connection, ids: Sequence[int], names: Sequence[str], start: datetime, now: datetime
) -> Sequence[int]:
    """Give those of the customers who have such events; all of them where too many happened.

    To who has just begun hardly anything happened since, and most who wait for something still do.
    """
    within = (to_micros(start), to_micros(now))
    ends = {name: numbers for name in names if (numbers := _ends(cx, name, within))}
    if not ends or not ids:
        return ()
    # Events are numbered as they come: so many came since, of other names too.
    newest = read_columns(cx, ("id",), "FROM event ORDER BY id DESC LIMIT 1")[0][0]
    if sum(newest - min(numbers) for numbers in ends.values()) > _WORTH_A_CUSTOMER * len(ids):
        return ids
    among = f"{_HAPPENED} AND customer_id BETWEEN {{mark}} AND {{mark}}"
    bounds = (*within, min(ids), max(ids))
    found = {
        key for name in ends for key in read_columns(cx, ("customer_id",), among, name, *bounds)[0]
    }
    return [key for key in ids if key in found]


def _ends(cx: Connection, name: str, within: tuple[int, int]) -> Sequence[int]:
    """Give the numbers of the first and the last such event; nothing where none happened."""
    ordered = f"SELECT id {_HAPPENED} ORDER BY at"
    first, last = f"({ordered} LIMIT 1) AS first", f"({ordered} DESC LIMIT 1) AS last"
    both = f"FROM (SELECT id FROM {first} UNION ALL SELECT id FROM {last}) AS ends"
    return read_columns(cx, ("id",), both, name, *within, name, *within)[0]


def _start(needs: Needs, name: str, since: datetime, now: datetime) -> datetime | None:
    if name not in needs.events:
        return since
    back: timedelta | None = needs.events[name]
    if back is None:
        return None
    return min(now - back, since) if name in needs.since_start else now - back


def _ask_events(
    cx: Connection,
    ids: Sequence[int],
    names: Sequence[str],
    start: datetime | None,
    now: datetime,
    *,
    with_properties: bool,
) -> Callable[[], Columns]:
    # The bounds are kept from PostgreSQL's planner. Of the latest events it knows nothing yet, so
    # it would read everybody's rather than those of some thousand customers.
    source = "FROM event WHERE customer_id {any} AND name {any} AND at + 0 <= {mark}"
    bounds = [to_micros(now)]
    if start is not None:
        source += " AND at >= (SELECT {mark})"
        bounds.append(to_micros(start))
    return ask_columns(
        cx,
        ("customer_id", "name", "at"),
        f"{source} ORDER BY at",
        ids,
        names,
        *bounds,
        objects=("properties",) if with_properties else (),
    )


def _add_events(
    known: _Events,
    who: Sequence[int],
    which: Sequence[str],
    ats: Sequence[int],
    *properties: Sequence[Mapping[str, Value]],
) -> None:
    happenings = map(Happening, map(from_micros, ats), *properties)
    for customer_id, name, happening in zip(who, which, happenings, strict=True):
        of_customer = known.get(customer_id)
        if of_customer is None:
            of_customer = known[customer_id] = {}
        of_customer.setdefault(name, []).append(happening)
