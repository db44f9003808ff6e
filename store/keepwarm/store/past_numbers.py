"""What a number was of all customers: now, and before each change since a moment.

Ranks among all customers are read from it, for every night of a replay.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import BigInteger, Connection, bindparam, case, literal, select, text, type_coerce

from keepwarm.engine.values import NUMBER_TYPES
from keepwarm.schema.conditions import FactKind
from keepwarm.store.bulk import table_of
from keepwarm.store.database import dialect_of
from keepwarm.store.fact_sql import CUSTOMER, IS_PRESENT, attribute_fact, number_or_null
from keepwarm.store.moments import to_micros
from keepwarm.store.tables import ImportRow

#: Before every moment.
_EVER = -(1 << 62)


@dataclass(frozen=True, slots=True)
class PastNumbers:
    """One attribute of all customers who ever had a number of it, and how it came to that."""

    #: Ascending; nobody who was erased or merged.
    customer_ids: array[int] = field(default_factory=lambda: array("q"))
    #: Since when there is such a customer, in microseconds since 1970.
    known_since: array[int] = field(default_factory=lambda: array("q"))
    #: The numbers now; NaN for none.
    values: array[float] = field(default_factory=lambda: array("d"))
    #: Whose number changed, when, and what it was before; the latest change first.
    changed_ids: array[int] = field(default_factory=lambda: array("q"))
    changed_at: array[int] = field(default_factory=lambda: array("q"))
    was: array[float] = field(default_factory=lambda: array("d"))


def read_past_numbers(cx: Connection, name: str, since: datetime) -> PastNumbers:
    """Read an attribute of all customers, with its changes since a moment."""
    fact = attribute_fact(name, FactKind.NUMBER, dialect_of(cx))
    imports = table_of(ImportRow)
    files = select(imports.c.finished_at).where(imports.c.finished_at.is_not(None))
    # Who was made in the moment of an import came with its file, and was there all along.
    known_since = case(
        (CUSTOMER.c.created_at.in_(files), literal(_EVER)),
        else_=type_coerce(CUSTOMER.c.created_at, BigInteger),
    )
    numbers = PastNumbers()
    for key, known, value in cx.execute(
        select(CUSTOMER.c.id, known_since, number_or_null(fact))
        .where(IS_PRESENT)
        .order_by(CUSTOMER.c.id)
    ):
        numbers.customer_ids.append(key)
        numbers.known_since.append(known)
        numbers.values.append(math.nan if value is None else float(value))
    _read_changes(cx, numbers, name, since)
    return numbers


def _read_changes(cx: Connection, numbers: PastNumbers, name: str, since: datetime) -> None:
    found = cx.execute(
        text(
            "SELECT customer_id, at, CAST(was AS TEXT) FROM attribute_change"
            " WHERE at >= :since AND CAST(was AS TEXT) LIKE :named ORDER BY at DESC, id DESC"
        ).bindparams(bindparam("since"), bindparam("named")),
        {"since": to_micros(since), "named": f'%"{name}"%'},
    )
    for key, at, was in found:
        before = orjson.loads(was)
        if name in before:
            value = before[name]
            numbers.changed_ids.append(key)
            numbers.changed_at.append(at)
            numbers.was.append(float(value) if type(value) in NUMBER_TYPES else math.nan)
