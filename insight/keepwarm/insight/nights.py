"""Scores and ranks of every night of a period, as they would have been computed then.

Orders are read once. From night to night only those are added that had become known since, and
everybody is graded anew by the code that grades them in the running service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keepwarm.engine.ranks import Rank
from keepwarm.engine.values import PARTS
from keepwarm.insight.scoring import Column, Orders, Whole, score_column
from keepwarm.schema.catalog import Score
from keepwarm.schema.conditions import End

_Ids: TypeAlias = NDArray[np.int64]


class OrderLines(Protocol):
    """Lines of orders: columns of equal length, in the order in which they became known."""

    @property
    def customer_ids(self) -> Whole: ...

    @property
    def at(self) -> Whole:
        """When it was ordered. What somebody bought at one moment is one order."""

    @property
    def known_at(self) -> Whole:
        """When the line became known, which is later where it arrived late."""

    @property
    def parts(self) -> Sequence[float] | NDArray[np.float64]:
        """What was paid, in whole ten-thousandths."""

    @property
    def opens_order(self) -> Sequence[int] | NDArray[np.bool_]:
        """Whether no line of the same order was known before all of these."""


@dataclass(frozen=True, slots=True)
class Course:
    """One score of all customers over some nights, sorted by customer and then by night.

    A value holds from its night on, until the customer's next one.
    """

    customer_ids: _Ids
    #: Places in the list of nights.
    nights: NDArray[np.int32]
    values: Column

    def of(self, first: int, last: int) -> Course:
        """Give the part of customers between two keys, both included."""
        begin, end = np.searchsorted(self.customer_ids, (first, last + 1))
        part = slice(begin, end)
        # Copies, so that a part can go to another process without the whole.
        return Course(
            self.customer_ids[part].copy(), self.nights[part].copy(), self.values[part].copy()
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What each customer had ordered by one night."""

    customer_ids: _Ids
    last_at: NDArray[np.int64]
    counts: NDArray[np.int64]
    amounts: NDArray[np.float64]


def score_nights(
    scores: Sequence[Score],
    before: Orders,
    lines: OrderLines,
    nights: Sequence[int],
    ranks: Iterable[Rank],
    after_each: Callable[[], None] = lambda: None,
) -> tuple[dict[str, Course], list[dict[Rank, float]]]:
    """Compute scores that come from the same orders, for each night; and the values at their ranks.

    `before` is what was known by the first night, `lines` what became known later. Nights are in
    microseconds since 1970, ascending. Values at ranks come as one mapping a night; `after_each`
    is called when a night is done.
    """
    asked = {score.name: [rank for rank in ranks if rank[0] == score.name] for score in scores}
    tracks = {score.name: _Track() for score in scores}
    thresholds: list[dict[Rank, float]] = []
    for night, known in enumerate(_nightly(before, lines, nights)):
        at_ranks: dict[Rank, float] = {}
        for score in scores:
            values = score_column(score, known)
            tracks[score.name].add(night, known.customer_ids, values)
            at_ranks |= values_at(asked[score.name], values)
        thresholds.append(at_ranks)
        after_each()
    return {name: track.course() for name, track in tracks.items()}, thresholds


def _nightly(before: Orders, lines: OrderLines, nights: Sequence[int]) -> Iterator[_Known]:
    """Give what had been ordered by each night."""
    buyers, of_line = np.asarray(lines.customer_ids, np.int64), np.asarray(lines.at, np.int64)
    known_before = np.asarray(before.customer_ids, np.int64)
    ids = np.union1d(known_before, buyers)
    last, counts, parts = (np.zeros(len(ids), np.int64) for _ in range(3))
    places = np.searchsorted(ids, known_before)
    last[places], counts[places] = before.last_at, before.counts
    parts[places] = np.rint(np.asarray(before.amounts, np.float64) * PARTS)
    opens = _opens_order(buyers, of_line, np.asarray(lines.opens_order, np.bool_))
    paid = np.asarray(lines.parts, np.float64).astype(np.int64)
    rows = np.searchsorted(ids, buyers)
    ends = np.searchsorted(np.asarray(lines.known_at, np.int64), nights, side="right")
    begin = 0
    for end in ends.tolist():
        new = slice(begin, end)
        np.maximum.at(last, rows[new], of_line[new])
        np.add.at(counts, rows[new], opens[new])
        np.add.at(parts, rows[new], paid[new])
        bought = np.flatnonzero(counts)
        yield _Known(ids[bought], last[bought], counts[bought], parts[bought] / PARTS)
        begin = end


def _opens_order(
    buyers: _Ids, at: NDArray[np.int64], unknown_before: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell of each line whether it is the first of its order that became known."""
    opens = np.zeros(len(buyers), np.bool_)
    if len(buyers):
        in_turn = np.lexsort((np.arange(len(buyers)), at, buyers))
        buyer, moment = buyers[in_turn], at[in_turn]
        is_other = np.ones(len(buyers), np.bool_)
        is_other[1:] = (buyer[1:] != buyer[:-1]) | (moment[1:] != moment[:-1])
        opens[in_turn] = is_other
    return opens & unknown_before


class _Track:
    """Collects what of a score changes from night to night."""

    def __init__(self) -> None:
        self._ids: _Ids = np.empty(0, np.int64)
        self._values: Column = np.empty(0)
        self._changes: list[tuple[_Ids, NDArray[np.int32], Column]] = []

    def add(self, night: int, ids: _Ids, values: Column) -> None:
        """Add a night: the customers only become more."""
        is_new = np.ones(len(ids), np.bool_)
        if len(self._ids):
            places = np.searchsorted(ids, self._ids)
            is_new[places] = values[places] != self._values
        changed = np.flatnonzero(is_new)
        at_night = np.full(len(changed), night, np.int32)
        self._changes.append((ids[changed], at_night, values[changed]))
        self._ids, self._values = ids, values

    def course(self) -> Course:
        """Give all that changed, by customer."""
        if not self._changes:
            return Course(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))
        ids, nights, values = (np.concatenate(each) for each in zip(*self._changes, strict=True))
        by_customer = np.argsort(ids, kind="stable")
        return Course(ids[by_customer], nights[by_customer], values[by_customer])


# ── Ranks ────────────────────────────────────────────────────────────────────────────────────


def values_at(ranks: Iterable[Rank], values: NDArray[Any]) -> Mapping[Rank, float]:
    """Give the values at ranks among these, which hold no gap; nothing where nobody has one.

    A rank is its share of all, rounded up, so that there is always somebody at the top.
    """
    if not len(values):
        return {}
    return {rank: _value_at(values, rank[1], rank[2]) for rank in ranks}


def _value_at(values: NDArray[Any], end: str, share: Decimal) -> float:
    numerator, denominator = share.as_integer_ratio()
    place = (len(values) * numerator - 1) // denominator
    if end == End.TOP:
        place = len(values) - 1 - place
    return float(np.partition(values, place)[place])


class PastNumbers(Protocol):
    """A number of all customers now, and what it was before each change, the latest first."""

    @property
    def customer_ids(self) -> Whole:
        """Ascending."""

    @property
    def known_since(self) -> Whole: ...

    @property
    def values(self) -> Sequence[float] | NDArray[np.float64]:
        """NaN for none, as in `was`."""

    @property
    def changed_ids(self) -> Whole: ...

    @property
    def changed_at(self) -> Whole: ...

    @property
    def was(self) -> Sequence[float] | NDArray[np.float64]: ...


def rank_nights(
    numbers: PastNumbers,
    nights: Sequence[int],
    ranks: Sequence[Rank],
    after_each: Callable[[], None] = lambda: None,
) -> list[Mapping[Rank, float]]:
    """Give the values at ranks of what was told of customers, one mapping a night."""
    ids, values = np.asarray(numbers.customer_ids, np.int64), np.array(numbers.values, np.float64)
    known_since = np.asarray(numbers.known_since, np.int64)
    whose = np.searchsorted(ids, np.asarray(numbers.changed_ids, np.int64)).tolist()
    changes = list(zip(whose, numbers.changed_ids, numbers.changed_at, numbers.was, strict=True))
    found: list[Mapping[Rank, float]] = []
    place = 0
    for night in reversed(nights):
        while place < len(changes) and changes[place][2] > night:
            row, customer, _, was = changes[place]
            if row < len(ids) and ids[row] == customer:
                values[row] = was
            place += 1
        known = values[(known_since <= night) & ~np.isnan(values)]
        found.append(values_at(ranks, known))
        after_each()
    return found[::-1]
