"""Scores: what they are computed from, read for all customers at once, and kept as facts."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    text,
    type_coerce,
)

from keepwarm.engine.values import PARTS
from keepwarm.schema.conditions import FactKind
from keepwarm.store.bulk import insert_rows, table_of, text_list
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.fact_sql import CUSTOMER, IS_PRESENT, in_parts, member_fact, number_or_null
from keepwarm.store.ids import in_ids
from keepwarm.store.import_rows import SOURCE
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import EventRow, ScoreRow

_EVENT = table_of(EventRow)


def _known_at(event: FromClause) -> ColumnElement[Any]:
    """Give the SQL of when an event became known to us, as `histories` reads it."""
    is_late = and_(event.c.received_at > event.c.at, event.c.source != SOURCE)
    return case((is_late, event.c.received_at), else_=event.c.at)


_KNOWN_AT = _known_at(_EVENT)


@dataclass(frozen=True, slots=True)
class Orders:
    """What each customer ordered up to one moment: four columns of equal length.

    Only customers who ordered, ascending by key; nobody who was erased or merged.
    """

    customer_ids: array[int] = field(default_factory=lambda: array("q"))
    #: The moment of the last order, in microseconds since 1970.
    last_at: array[int] = field(default_factory=lambda: array("q"))
    #: How many orders. What somebody bought at one moment is one, whatever its lines.
    counts: array[int] = field(default_factory=lambda: array("q"))
    #: What was paid in all; zeros where no amount was asked for.
    amounts: array[float] = field(default_factory=lambda: array("d"))


@dataclass(frozen=True, slots=True)
class OrderLines:
    """Lines of orders that became known between two moments, in that order: equal columns."""

    customer_ids: array[int] = field(default_factory=lambda: array("q"))
    at: array[int] = field(default_factory=lambda: array("q"))
    #: When it arrived, or was ordered: what came with a file counts as known all along.
    known_at: array[int] = field(default_factory=lambda: array("q"))
    #: What was paid, in whole ten-thousandths.
    parts: array[float] = field(default_factory=lambda: array("d"))
    #: Whether no line of the same order was known before.
    opens_order: array[int] = field(default_factory=lambda: array("b"))


def read_orders(
    cx: Connection,
    event: str,
    amount: str | None,
    as_of: datetime,
    *,
    only_what_was_known: bool = False,
) -> Orders:
    """Read the orders of all customers up to a moment, added up by the database.

    `event` is what counts as an order and `amount` its property that holds the money. Sums are of
    whole ten-thousandths, so they are exact whatever the order of their parts. What had happened
    by then and arrived later counts, unless only what was known is asked for.
    """
    paid = func.sum(_paid(amount, dialect_of(cx)))
    moment = _KNOWN_AT if only_what_was_known else _EVENT.c.at
    last_at = type_coerce(func.max(_EVENT.c.at), BigInteger)
    found = cx.execute(
        select(_EVENT.c.customer_id, last_at, func.count(_EVENT.c.at.distinct()), paid)
        .join(CUSTOMER, CUSTOMER.c.id == _EVENT.c.customer_id)
        .where(_EVENT.c.name == event, moment <= as_of, IS_PRESENT)
        .group_by(_EVENT.c.customer_id)
        .order_by(_EVENT.c.customer_id)
    )
    orders = Orders()
    for customer_id, last_at, count, parts in found:
        orders.customer_ids.append(customer_id)
        orders.last_at.append(last_at)
        orders.counts.append(count)
        orders.amounts.append(float(parts or 0) / PARTS)
    return orders


def read_order_lines(
    cx: Connection, event: str, amount: str | None, after: datetime, until: datetime
) -> OrderLines:
    """Read the lines of orders that became known after a moment, and until another."""
    earlier = _EVENT.alias("earlier")
    # What was ordered since can have had no line before.
    opens = case(
        (_EVENT.c.at > after, literal(1)),
        (
            exists().where(
                earlier.c.customer_id == _EVENT.c.customer_id,
                earlier.c.name == event,
                earlier.c.at == _EVENT.c.at,
                _known_at(earlier) <= after,
            ),
            literal(0),
        ),
        else_=literal(1),
    )
    known_at = type_coerce(_KNOWN_AT, BigInteger)
    found = cx.execute(
        select(
            _EVENT.c.customer_id,
            type_coerce(_EVENT.c.at, BigInteger),
            known_at,
            _paid(amount, dialect_of(cx)),
            opens,
        )
        .join(CUSTOMER, CUSTOMER.c.id == _EVENT.c.customer_id)
        .where(_EVENT.c.name == event, after < _KNOWN_AT, until >= _KNOWN_AT, IS_PRESENT)
        .order_by(known_at, _EVENT.c.id)
    )
    lines = OrderLines()
    for customer_id, at, known, parts, opens_order in found:
        lines.customer_ids.append(customer_id)
        lines.at.append(at)
        lines.known_at.append(known)
        lines.parts.append(float(parts))
        lines.opens_order.append(opens_order)
    return lines


def _paid(amount: str | None, dialect: Dialect) -> ColumnElement[Any]:
    """Give the SQL of what a line was paid with, in whole ten-thousandths."""
    if amount is None:
        return literal(0)
    fact = member_fact(_EVENT.c.properties, amount, FactKind.NUMBER, dialect)
    return in_parts(number_or_null(fact), dialect)


def scores_in_runs(
    cx: Connection, name: str, playbooks: Sequence[str]
) -> Mapping[int, float | str | None]:
    """Give a score of those who wait in a run of these playbooks, by the keys of customers."""
    if not playbooks:
        return {}
    found = cx.execute(
        text(
            "SELECT r.customer_id, s.number, s.word FROM run r"
            " LEFT JOIN score s ON s.customer_id = r.customer_id AND s.name = :name"
            f" WHERE r.due_at IS NOT NULL AND r.playbook {in_ids(cx, 'playbooks')}"
        ).bindparams(text_list(cx, "playbooks", playbooks)),
        {"name": name},
    )
    return {customer: word if number is None else number for customer, number, word in found}


def write_scores(
    cx: Connection,
    name: str,
    customer_ids: Sequence[int],
    values: Sequence[float | str],
    as_of: datetime,
) -> int:
    """Let a score be known of exactly these customers, and give how many they are."""
    if dialect_of(cx) is Dialect.POSTGRESQL:
        cx.exec_driver_sql("LOCK TABLE score IN SHARE ROW EXCLUSIVE MODE")  # readers go on
    cx.execute(text("DELETE FROM score WHERE name = :name"), {"name": name})
    moment = to_micros(as_of)
    columns = ("customer_id", "name", "number", "word", "as_of")
    rows = (
        (key, name, None, value, moment)
        if isinstance(value, str)
        else (key, name, float(value), None, moment)
        for key, value in zip(customer_ids, values, strict=True)
    )
    return insert_rows(cx, ScoreRow, columns, rows, is_encoded=True)
