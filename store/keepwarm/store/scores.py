"""Scores: what they are computed from, read for all customers at once, and kept as facts."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    func,
    literal,
    select,
    text,
    type_coerce,
)

from keepwarm.engine.values import PARTS
from keepwarm.schema.conditions import FactKind
from keepwarm.store.bulk import insert_rows, table_of
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.fact_sql import CUSTOMER, IS_PRESENT, in_parts, member_fact, number_or_null
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import EventRow, ScoreRow

_EVENT = table_of(EventRow)


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


def read_orders(cx: Connection, event: str, amount: str | None, as_of: datetime) -> Orders:
    """Read the orders of all customers up to a moment, added up by the database.

    `event` is what counts as an order and `amount` its property that holds the money. Sums are of
    whole ten-thousandths, so they are exact whatever the order of their parts.
    """
    dialect = dialect_of(cx)
    paid: ColumnElement[Any] = literal(0)
    if amount is not None:
        fact = member_fact(_EVENT.c.properties, amount, FactKind.NUMBER, dialect)
        paid = func.sum(in_parts(number_or_null(fact), dialect))
    last_at = type_coerce(func.max(_EVENT.c.at), BigInteger)
    found = cx.execute(
        select(_EVENT.c.customer_id, last_at, func.count(_EVENT.c.at.distinct()), paid)
        .join(CUSTOMER, CUSTOMER.c.id == _EVENT.c.customer_id)
        .where(_EVENT.c.name == event, _EVENT.c.at <= as_of, IS_PRESENT)
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
