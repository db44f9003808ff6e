"""The scores that a catalog may declare, computed for all customers at once.

orders = read_orders(cx, score.event, score.amount, as_of)      # the store
values = compute_score(score, orders)
write_scores(cx, score.name, orders.customer_ids, values, as_of)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keepwarm.insight.rfm import SEGMENTS, grade_customers
from keepwarm.insight.value import lifetime_value
from keepwarm.schema.catalog import Score
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.phrases import EveryDay

#: When scores are computed anew each day, in UTC.
EVERY_NIGHT: Final = EveryDay(time(3))

#: Whole numbers as the store gives them, or as a column.
Whole: TypeAlias = Sequence[int] | NDArray[np.int64]
#: The values of a score as a column: amounts, or the places of segments in SEGMENTS.
Column: TypeAlias = NDArray[Any]


class Orders(Protocol):
    """What each customer ordered up to one moment: four columns of equal length."""

    @property
    def customer_ids(self) -> Whole: ...

    @property
    def last_at(self) -> Whole:
        """The moment of the last order, in microseconds since 1970."""

    @property
    def counts(self) -> Whole:
        """How many orders; several lines at one moment are one."""

    @property
    def amounts(self) -> Sequence[float] | NDArray[np.float64]:
        """What was paid in all."""


def compute_score(score: Score, orders: Orders) -> Sequence[float | str]:
    """Give the score of each customer who ordered, in the order of `orders`."""
    return shown(score, score_column(score, orders))


def score_column(score: Score, orders: Orders) -> Column:
    """Give the same as a column.

    Raises ValueError for a score that Keepwarm does not compute; the catalog refuses those.
    """
    match score.name:
        case "lifetime_value":
            return lifetime_value(np.asarray(orders.amounts, np.float64))
        case "rfm_segment":
            graded = grade_customers(
                np.asarray(orders.last_at, np.int64),
                np.asarray(orders.counts, np.int64),
                np.asarray(orders.amounts, np.float64),
            )
            return graded.place
        case other:
            raise ValueError(f"Keepwarm computes no score {other!r}")


def shown(score: Score, column: Column) -> list[float | str]:
    """Give a column's values as facts hold them."""
    values: list[float | str]
    values = (SEGMENTS[column] if score.kind is FactKind.CHOICE else column).tolist()
    return values
