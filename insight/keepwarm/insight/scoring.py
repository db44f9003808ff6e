"""The scores that a catalog may declare, computed for all customers at once.

orders = read_orders(cx, score.event, score.amount, as_of)      # the store
values = compute_score(score, orders)
write_scores(cx, score.name, orders.customer_ids, values, as_of)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from keepwarm.insight.rfm import grade_customers
from keepwarm.insight.value import lifetime_value
from keepwarm.schema.catalog import Score


class Orders(Protocol):
    """What each customer ordered up to one moment: four columns of equal length."""

    @property
    def customer_ids(self) -> Sequence[int]: ...

    @property
    def last_at(self) -> Sequence[int]:
        """The moment of the last order, in microseconds since 1970."""

    @property
    def counts(self) -> Sequence[int]:
        """How many orders; several lines at one moment are one."""

    @property
    def amounts(self) -> Sequence[float]:
        """What was paid in all."""


def compute_score(score: Score, orders: Orders) -> Sequence[float | str]:
    """Give the score of each customer who ordered, in the order of `orders`.

    Raises ValueError for a score that Keepwarm does not compute; the catalog refuses those.
    """
    match score.name:
        case "lifetime_value":
            values: list[float] = lifetime_value(np.asarray(orders.amounts, np.float64)).tolist()
            return values
        case "rfm_segment":
            graded = grade_customers(
                np.asarray(orders.last_at, np.int64),
                np.asarray(orders.counts, np.int64),
                np.asarray(orders.amounts, np.float64),
            )
            segments: list[str] = graded.segment.tolist()
            return segments
        case other:
            raise ValueError(f"Keepwarm computes no score {other!r}")
