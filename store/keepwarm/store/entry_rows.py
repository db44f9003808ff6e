"""The rows of runs that begin: their keys, and who has been in before (law 1).

A key is what makes an entry the same entry: the database refuses a second run of the same
playbook, customer and key, whoever races. Where a customer enters once, or again after a time,
the key is the number of the entry; else it names what the run is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from keepwarm.engine.facts import Value
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import Mode, RunStatus
from keepwarm.engine.timing import before, zone_named
from keepwarm.engine.values import shown_number
from keepwarm.schema.phrases import Length
from keepwarm.schema.playbook import OncePerCustomer
from keepwarm.schema.words import PlaybookStatus
from keepwarm.store.bulk import insert_rows, table_of
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.event_sql import among
from keepwarm.store.fact_sql import CUSTOMER, IS_PRESENT
from keepwarm.store.tables import RunRow

RUN: Final = table_of(RunRow)
_COLUMNS: Final = (
    "playbook", "version_id", "customer_id", "entry_key", "status", "mode", "step", "advances",
    "started_at", "due_at",
)  # fmt: skip
#: Statuses of playbooks that let somebody in.
_OPEN_DOORS: Final = frozenset({PlaybookStatus.LIVE, PlaybookStatus.SHADOW})
#: A key that is longer is kept as its hash: an index row has bounds.
_LONGEST_KEY: Final = 200
#: How the key begins that `runs.write_course` gives to who was turned away.
_TURNED_AWAY: Final = "turned away"

#: A customer who enters: the row's key, the entry's key, when the run begins, the properties of
#: the event that starts it (None where none does).
Entrant: TypeAlias = tuple[int, str, datetime, dict[str, Value] | None]


def lets_in(plan: Plan) -> bool:
    """Tell whether the playbook lets anybody in at all."""
    return plan.status in _OPEN_DOORS


def mode_of(plan: Plan) -> Mode:
    """Give how its runs begin; the holdout is drawn when they are decided."""
    return Mode.LIVE if plan.status is PlaybookStatus.LIVE else Mode.SHADOW


def property_key(name: str, value: Value | None) -> str:
    """Give the entry key of `once: per invoice` for the invoice of an event."""
    text = shown_number(value) if isinstance(value, int | float) else str(value)
    key = name if value is None else f"{name} {text}"
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{name[:100]} {hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"


def insert_selected(
    cx: Connection, plan: Plan, version_id: int, entrants: Select[Any], mode: Mode, now: datetime
) -> int:
    """Begin a run for every row (customer's key, entry key) of a query, and give how many."""
    asked = entrants.subquery()
    values = select(
        literal(plan.playbook),
        literal(version_id),
        asked.c[0],
        asked.c[1],
        literal(RunStatus.ACTIVE.value),
        literal(mode.value),
        literal(START),
        literal(0),
        literal(now, RUN.c.started_at.type),
        literal(now, RUN.c.due_at.type),
    )
    # In one order, so that two who do the same do not wait for each other in a circle; in that of
    # the customers' rows, so that whoever reads runs with their customers goes through both.
    ordered = values.where(true()).order_by(asked.c[0])  # or SQLite takes ON CONFLICT for a join's
    added: Executable
    match dialect_of(cx):
        case Dialect.SQLITE:
            into = sqlite.insert(RUN).from_select(_COLUMNS, ordered, include_defaults=False)
            added = into.on_conflict_do_nothing()
        case Dialect.POSTGRESQL:
            from_query = postgresql.insert(RUN).from_select(
                _COLUMNS, ordered, include_defaults=False
            )
            added = from_query.on_conflict_do_nothing()
    return cx.execute(added, execution_options={"preserve_rowcount": True}).rowcount


def insert_entrants(
    cx: Connection,
    plan: Plan,
    version_id: int,
    entrants: Iterable[Entrant],
    status: RunStatus,
    mode: Mode,
    now: datetime,
) -> int:
    """Begin runs that are due now, and give how many are new."""
    rows = sorted(
        (plan.playbook, version_id, customer, key, status, mode, START, 0, began, now, trigger)
        for customer, key, began, trigger in entrants
    )
    return insert_rows(cx, RunRow, (*_COLUMNS, "trigger"), rows, on_conflict="skip")


def may_enter(cx: Connection, plan: Plan, once: OncePerCustomer, now: datetime) -> Select[Any]:
    """Give a query of the customers who may enter now: their key, and that of their entry.

    Again means: the last run has ended, and it began at least `again_after` ago.
    """
    if once.again_after is None:
        been_in = select(RUN.c.customer_id).where(_entered(plan))
        is_new = among(been_in, dialect_of(cx), wanted=False)
        return select(CUSTOMER.c.id, literal("1").label("entry_key")).where(IS_PRESENT, is_new)
    earlier = _earlier(plan).subquery()
    again = and_(
        earlier.c.still_in.is_(None),
        earlier.c.began <= _latest_beginning(once.again_after, plan, now),
    )
    key = cast(func.coalesce(earlier.c.entries, 0) + 1, Text)
    return (
        select(CUSTOMER.c.id, key.label("entry_key"))
        .select_from(CUSTOMER.outerjoin(earlier, earlier.c.customer_id == CUSTOMER.c.id))
        .where(IS_PRESENT, or_(earlier.c.customer_id.is_(None), again))
    )


def next_keys(
    cx: Connection, plan: Plan, once: OncePerCustomer, customers: Sequence[int], now: datetime
) -> dict[int, str]:
    """Give the entry key of each of these customers who may enter now."""
    keys = dict.fromkeys(customers, "1")
    found = cx.execute(_earlier(plan).where(RUN.c.customer_id.in_(listed(cx, customers))))
    latest = None if once.again_after is None else _latest_beginning(once.again_after, plan, now)
    for customer, entries, began, still_in in found:
        if latest is not None and still_in is None and began <= latest:
            keys[customer] = str(entries + 1)
        else:
            del keys[customer]
    return keys


def present(cx: Connection, customers: Sequence[int]) -> frozenset[int]:
    """Give those of the customers who were neither erased nor merged into another."""
    found = select(CUSTOMER.c.id).where(CUSTOMER.c.id.in_(listed(cx, customers)), IS_PRESENT)
    return frozenset(cx.execute(found).scalars())


def listed(cx: Connection, keys: Sequence[int]) -> Select[tuple[int]]:
    """Give keys as a query of one parameter, however many they are."""
    match dialect_of(cx):
        case Dialect.SQLITE:
            each = func.json_each(orjson.dumps(list(keys)).decode()).table_valued("value")
            return select(each.c.value)
        case Dialect.POSTGRESQL:
            array = literal(list(keys), postgresql.ARRAY(BigInteger))
            return select(func.unnest(array).column_valued())


def _latest_beginning(again_after: Length, plan: Plan, now: datetime) -> datetime:
    return before(now, again_after, zone_named(plan.timezone))


def _entered(plan: Plan) -> ColumnElement[bool]:
    # By the key rather than the status, so that one index answers.
    was_let_in = func.substr(RUN.c.entry_key, 1, len(_TURNED_AWAY)) != _TURNED_AWAY
    return and_(RUN.c.playbook == plan.playbook, was_let_in)


def _earlier(plan: Plan) -> Select[Any]:
    """Give, for each customer who has been in: how often, when last, and whether still."""
    return (
        select(
            RUN.c.customer_id,
            func.count().label("entries"),
            func.max(RUN.c.started_at).label("began"),
            func.max(RUN.c.due_at).label("still_in"),
        )
        .where(_entered(plan))
        .group_by(RUN.c.customer_id)
    )
