"""What happened to customers, as SQL: counts of events, and sums over them.

Each test is a set of customers, made once by grouping the events of one name, and a customer is
in it or not. That is two to three times faster than counting for each customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    select,
    text,
    true,
)

from keepwarm.engine.attribute_tests import COMPARE
from keepwarm.engine.values import PARTS
from keepwarm.engine.windows import change_windows, length_ago, window_start
from keepwarm.schema.conditions import (
    Comparison,
    FactKind,
    Happened,
    MetricChange,
    MetricTotal,
    Trend,
)
from keepwarm.store.bulk import table_of
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.fact_sql import CUSTOMER, in_parts, member_fact, number_or_null
from keepwarm.store.tables import EventRow

#: Gives a condition on an event's properties, over the column that holds them.
Where: TypeAlias = Callable[[ColumnElement[Any]], ColumnElement[bool]]

_EVENT: Final = table_of(EventRow)
_NOT: Final = {
    Comparison.IS: Comparison.IS_NOT,
    Comparison.IS_NOT: Comparison.IS,
    Comparison.AT_LEAST: Comparison.BELOW,
    Comparison.BELOW: Comparison.AT_LEAST,
    Comparison.MORE_THAN: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.MORE_THAN,
}


@dataclass(frozen=True, slots=True)
class Look:
    """From where a condition looks at all customers."""

    dialect: Dialect
    now: datetime
    #: IANA name of the project's zone.
    timezone: str
    #: What `since start` means; None is now.
    started_at: datetime | None = None


def happened(
    event: str, phrase: Happened, where: Where | None, look: Look, *, wanted: bool
) -> ColumnElement[bool]:
    """Give whether an event came so often or, not wanted, whether it did not."""
    low, high = max(phrase.low or 0, 0), phrase.high
    if low == 0 and high is None:
        return true() if wanted else false()
    start = window_start(phrase.window, look.now, look.started_at, look.timezone)
    events = _EVENT.alias()
    found = _since(events, event, start, look)
    if where is not None:
        found = found.where(where(events.c.properties))
    if low == 0 and high is not None:
        return among(_often(found, events, high + 1, None), look.dialect, wanted=not wanted)
    return among(_often(found, events, low, high), look.dialect, wanted=wanted)


def totals(phrase: MetricTotal, look: Look, *, wanted: bool) -> ColumnElement[bool]:
    """Give whether a sum over a window is as the phrase says or, not wanted, is not."""
    start = length_ago(phrase.length, look.now, look.timezone)
    rows, amount = _amounts(phrase, start, look)
    bound = float(phrase.value * PARTS)
    # Who has no events has the sum zero, and is not among those who have some.
    comparison = phrase.comparison
    zero_matches = bool(COMPARE[comparison](0.0, bound))
    compare = COMPARE[_NOT[comparison] if zero_matches else comparison]
    found = select(rows.c.customer_id).group_by(rows.c.customer_id)
    found = found.having(compare(_sum(amount, look), bound))
    return among(found, look.dialect, wanted=wanted is not zero_matches)


def changed(phrase: MetricChange, look: Look, *, wanted: bool) -> ColumnElement[bool]:
    """Give whether a sum moved as the phrase says or, not wanted, did not."""
    middle, start = change_windows(phrase.length, look.now, look.timezone)
    rows, amount = _amounts(phrase, start, look)
    earlier = _sum(case((rows.c.at < middle, amount), else_=literal(0)), look)
    present = _sum(case((rows.c.at >= middle, amount), else_=literal(0)), look)
    numerator, denominator = (float(part) for part in phrase.share.as_integer_ratio())
    moved = present - earlier if phrase.trend is Trend.UP else earlier - present
    as_said = and_(earlier > 0, moved * denominator >= earlier * numerator)
    found = select(rows.c.customer_id).group_by(rows.c.customer_id).having(as_said)
    return among(found, look.dialect, wanted=wanted)


def came_ever(event: str, look: Look, *, wanted: bool) -> ColumnElement[bool]:
    """Give whether an event came at all or, not wanted, whether it never did."""
    return among(_since(_EVENT.alias(), event, None, look), look.dialect, wanted=wanted)


def among(customers: Select[tuple[int]], dialect: Dialect, *, wanted: bool) -> ColumnElement[bool]:
    """Give whether a customer is one of these or, not wanted, is not.

    PostgreSQL plans IN as a search of the whole list for each customer where it cannot join the
    two and the list outgrows its memory; EXISTS it then answers from an index.
    """
    if dialect is Dialect.SQLITE:
        return CUSTOMER.c.id.in_(customers) if wanted else CUSTOMER.c.id.not_in(customers)
    listed = customers.subquery()
    is_listed = exists().where(listed.c.customer_id == CUSTOMER.c.id)
    return is_listed if wanted else ~is_listed


@contextmanager
def over_everybody(cx: Connection) -> Iterator[None]:
    """Let queries inside be planned for all customers rather than for a few.

    PostgreSQL cannot tell how many match a value inside JSON and takes them for very few; it would
    then go through a set of customers once for each, which takes minutes where a join takes
    milliseconds.
    """
    if dialect_of(cx) is Dialect.SQLITE:
        yield
        return
    cx.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    # Not in a `finally`: after an error the transaction is lost, and the setting with it.
    cx.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))


def _since(events: FromClause, name: str, start: datetime | None, look: Look) -> Select[tuple[int]]:
    """Give the customers of an event's rows from a moment on (None: ever) until now."""
    found = select(events.c.customer_id).where(events.c.name == name, events.c.at <= look.now)
    return found if start is None else found.where(events.c.at >= start)


def _often(
    found: Select[tuple[int]], events: FromClause, low: int, high: int | None
) -> Select[tuple[int]]:
    if low == 1 and high is None:
        return found
    found = found.group_by(events.c.customer_id)
    count = func.count(type_=BigInteger)
    return found.having(count >= low if high is None else count.between(low, high))


def _amounts(
    phrase: MetricTotal | MetricChange, start: datetime, look: Look
) -> tuple[FromClause, ColumnElement[Any]]:
    """Give the rows of a metric's events, and what each adds, in ten-thousandths."""
    events = _EVENT.alias()
    found = _since(events, phrase.event, start, look).add_columns(events.c.at)
    if phrase.property is None:
        return found.subquery(), literal(float(PARTS))
    fact = member_fact(events.c.properties, phrase.property, FactKind.NUMBER, look.dialect)
    # OFFSET keeps the planner from unpacking the JSON again wherever the number is used.
    rows = found.add_columns(number_or_null(fact).label("number")).offset(0).subquery()
    return rows, in_parts(rows.c.number, look.dialect)


def _sum(amounts: ColumnElement[Any], look: Look) -> ColumnElement[float]:
    if look.dialect is Dialect.SQLITE:  # whose sum of integers fails when it overflows
        return func.total(amounts, type_=Double)
    return func.sum(amounts, type_=Double)
