"""What is known of customers in all: counts, most frequent choices, ranges; of nobody by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, func, select, text

from keepwarm.engine.expanding import expand_segments
from keepwarm.schema.catalog import Attribute, Catalog, Score
from keepwarm.schema.conditions import FactKind
from keepwarm.store.condition_sql import condition_sql
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.event_sql import Look
from keepwarm.store.fact_sql import (
    CUSTOMER,
    IS_PRESENT,
    SCORE,
    Fact,
    attribute_fact,
    score_fact,
    truth_value,
)
from keepwarm.store.moments import from_micros_or_none
from keepwarm.store.overview import how_many_customers

_MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class FactStatistics:
    """One attribute or score over all customers."""

    #: Of how many customers a value is known.
    known: int
    customers: int
    #: The most frequent choices, the first of them first.
    top: tuple[tuple[str, int], ...] = ()
    #: The smallest and the largest value; days as texts.
    lowest: float | str | None = None
    highest: float | str | None = None
    #: Half of the numbers are at most this.
    middle: float | None = None


@dataclass(frozen=True, slots=True)
class EventStatistics:
    """One event over all customers."""

    times: int
    customers: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class SegmentStatistics:
    """How many customers are in a segment."""

    inside: int
    customers: int


Statistics: TypeAlias = FactStatistics | EventStatistics | SegmentStatistics


def read_statistics(
    cx: Connection, catalog: Catalog, now: datetime
) -> Iterator[tuple[str, Statistics]]:
    """Give the statistics of every fact of the catalog; of what is personal only how often."""
    everybody = how_many_customers(cx)
    dialect = dialect_of(cx)
    for attribute in catalog.attributes.values():
        asked = _Asked(
            cx, attribute_fact(attribute.name, attribute.kind, dialect), CUSTOMER, IS_PRESENT
        )
        yield attribute.name, _of_fact(asked, attribute, everybody, is_open=not attribute.personal)
    for score in catalog.scores.values():
        asked = _Asked(cx, score_fact(score.kind, dialect), SCORE, SCORE.c.name == score.name)
        yield score.name, _of_fact(asked, score, everybody, is_open=True)
    for event in catalog.events:
        yield event, _of_event(cx, event)
    for segment in catalog.segments.values():
        condition = expand_segments(segment.condition, catalog)
        meets = condition_sql(condition, Look(dialect, now, catalog.timezone))
        inside = select(func.count()).select_from(CUSTOMER).where(IS_PRESENT, meets)
        yield segment.name, SegmentStatistics(cx.execute(inside).scalar_one(), everybody)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A fact, and the rows that it is asked of."""

    cx: Connection
    fact: Fact
    table: FromClause
    among: ColumnElement[bool]

    def row(self, *columns: ColumnElement[Any]) -> Any:  # noqa: ANN401 - a row of what was asked
        known = select(*columns).select_from(self.table).where(self.among, self.fact.is_known)
        return self.cx.execute(known).one()


def _of_fact(
    asked: _Asked, fact: Attribute | Score, everybody: int, *, is_open: bool
) -> FactStatistics:
    (known,) = asked.row(func.count())
    if not is_open or not known:
        return FactStatistics(known, everybody)
    match fact.kind:
        case FactKind.CHOICE:
            return FactStatistics(known, everybody, tuple(_top(asked)))
        case FactKind.TRUTH:
            return FactStatistics(known, everybody, tuple(_truths(asked, known)))
        case FactKind.NUMBER:
            value = asked.fact.value
            lowest, highest = asked.row(func.min(value), func.max(value))
            middle = _middle(asked, known)
            return FactStatistics(known, everybody, (), lowest, highest, middle)
        case FactKind.DATE:
            value = asked.fact.value
            first, last = asked.row(func.min(value), func.max(value))
            return FactStatistics(known, everybody, (), first, last)
        case _:
            return FactStatistics(known, everybody)


def _top(asked: _Asked) -> Iterator[tuple[str, int]]:
    value, count = asked.fact.value, func.count()
    often = (
        select(value, count)
        .select_from(asked.table)
        .where(asked.among, asked.fact.is_known)
        .group_by(value)
        .order_by(count.desc(), value)
        .limit(_MOST_SHOWN)
    )
    for word, times in asked.cx.execute(often):
        yield str(word), int(times)


def _truths(asked: _Asked, known: int) -> Iterator[tuple[str, int]]:
    dialect: Dialect = dialect_of(asked.cx)
    is_yes = asked.fact.value == truth_value(True, dialect)  # noqa: FBT003 - it is a value
    often = select(func.count()).select_from(asked.table).where(asked.among, is_yes)
    yes = int(asked.cx.execute(often).scalar_one())
    yield "yes", yes
    yield "no", known - yes


def _middle(asked: _Asked, known: int) -> float:
    value = asked.fact.value
    ranked = (
        select(value)
        .select_from(asked.table)
        .where(asked.among, asked.fact.is_known)
        .order_by(value)
        .limit(1)
        .offset((known - 1) // 2)
    )
    return float(asked.cx.execute(ranked).scalar_one())


def _of_event(cx: Connection, name: str) -> EventStatistics:
    times, customers, last = cx.execute(
        text("SELECT count(*), count(DISTINCT customer_id), max(at) FROM event WHERE name = :name"),
        {"name": name},
    ).one()
    return EventStatistics(times, customers, from_micros_or_none(last))
