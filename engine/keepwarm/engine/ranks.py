"""Ranks: the values at which `in the top 10%` begins, and how they move from night to night."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeAlias

from keepwarm.schema.conditions import End

#: A rank: (fact, `top` or `bottom`, share).
Rank: TypeAlias = tuple[str, str, Decimal]
#: Rank -> the value there; absent when nobody has a value.
Thresholds: TypeAlias = Mapping[Rank, float]

_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ranks:
    """Values at ranks, from one moment to the next."""

    #: When values begin to hold, ascending; the first ones hold before, too.
    moments: Sequence[datetime] = (_EVER,)
    thresholds: Sequence[Thresholds] = ({},)
    #: Rank -> its values, as they follow one another.
    _courses: Mapping[Rank, Sequence[float | None]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ranks = {rank for each in self.thresholds for rank in each}
        courses = {rank: [each.get(rank) for each in self.thresholds] for rank in ranks}
        object.__setattr__(self, "_courses", courses)

    def at(self, moment: datetime) -> Thresholds:
        """Give the values that hold at a moment."""
        return self.thresholds[self._place(moment)]

    def same_until(self, rank: Rank, value: float, moment: datetime) -> datetime | None:
        """Give when a value that stays as it is comes to lie on the other side of a rank.

        None if it never does.
        """
        course = self._courses.get(rank)
        if course is None:
            return None
        compare = operator.ge if rank[1] == End.TOP else operator.le
        place = self._place(moment)
        limit = course[place]
        is_inside = limit is not None and compare(value, limit)
        for later in range(place + 1, len(course)):
            limit = course[later]
            if (limit is not None and compare(value, limit)) is not is_inside:
                return self.moments[later]
        return None

    def _place(self, moment: datetime) -> int:
        if len(self.moments) == 1:
            return 0
        return max(0, bisect_right(self.moments, moment) - 1)
