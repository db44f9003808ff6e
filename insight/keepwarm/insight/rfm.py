"""Recency, frequency and monetary value: five grades of each, and the segment they make.

Grades come from quantile edges, never from ranks cut into equal parts: who bought equally often
has the same grade, however many they are. An order is what a customer bought at one moment; its
lines count once. Customers without an order have no grades.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: How many grades there are; 5 is best.
GRADES: Final = 5

Grades: TypeAlias = NDArray[np.int8]

#: The customary map of five by five, with `lost` for who is lowest in both: row r holds the
#: recency r+1, column f the frequency f+1. What was paid is graded beside it.
_MAP: Final = np.array(
    [
        ["lost", "hibernating", "at_risk", "at_risk", "cant_lose_them"],
        ["hibernating", "hibernating", "at_risk", "at_risk", "cant_lose_them"],
        ["about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"],
        ["promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"],
        ["new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"],
    ]
)
#: All segments, and the same map with their places here.
SEGMENTS: Final = np.unique(_MAP)
_PLACES: Final = np.searchsorted(SEGMENTS, _MAP).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Rfm:
    """Grades of customers, in the order in which they were given."""

    recency: Grades
    frequency: Grades
    monetary: Grades
    #: Places in SEGMENTS.
    place: NDArray[np.int8]

    @property
    def segment(self) -> NDArray[np.str_]:
        """The segments by name."""
        return SEGMENTS[self.place]


def grade_customers(
    last_order: NDArray[np.int64], orders: NDArray[np.int64], amount: NDArray[np.float64]
) -> Rfm:
    """Grade customers by their last order's moment, their number of orders and what they paid.

    All three are as of one moment, which the caller fixed, and each customer has ordered at least
    once. The later the last order, the better its grade.
    """
    recency, frequency = grades(last_order), grades(orders)
    place = _PLACES[recency - 1, frequency - 1]
    return Rfm(recency, frequency, grades(amount), place)


def grades(values: NDArray[np.int64] | NDArray[np.float64]) -> Grades:
    """Give each value's grade, 1 to 5: by how many of the four quantile edges it lies above.

    An edge is a value that occurs (the least with at least a fifth, two fifths … at or below it).
    """
    if not len(values):
        return np.empty(0, np.int8)
    shares = np.arange(1, GRADES) / GRADES
    edges = np.quantile(values, shares, method="inverted_cdf")
    return (np.searchsorted(edges, values, side="left") + 1).astype(np.int8)
