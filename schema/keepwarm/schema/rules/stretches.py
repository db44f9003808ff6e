"""Stretches of numbers and of days, as far as they are certain."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from keepwarm.schema.conditions import (
    Between,
    Compare,
    Comparison,
    EventWindow,
    Happened,
    InLast,
    MetricTotal,
)
from keepwarm.schema.lengths import Length, Unit

_SUMMER_TIME = Decimal(1) / 24
#: The fewest and the most days that a unit may take, with summer time and short months.
_DAYS = {
    Unit.MINUTE: (Decimal(1) / 1440, Decimal(1) / 1440),
    Unit.HOUR: (Decimal(1) / 24, Decimal(1) / 24),
    Unit.DAY: (Decimal(1), Decimal(1)),
    Unit.WEEK: (Decimal(7), Decimal(7)),
    Unit.MONTH: (Decimal(28), Decimal(31)),
    Unit.YEAR: (Decimal(365), Decimal(366)),
    Unit.WORKING_HOUR: (Decimal(0), Decimal(3650)),
    Unit.WORKING_DAY: (Decimal(0), Decimal(3650)),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one number to another; None is without end, and `open_…` leaves the end itself out."""

    low: Decimal | None = None
    high: Decimal | None = None
    open_low: bool = False
    open_high: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.open_low or self.open_high))

    def with_other(self, other: Stretch) -> Stretch:
        """Give what lies in both."""
        low, open_low = _later((self.low, self.open_low), (other.low, other.open_low), sign=1)
        high, open_high = _later(
            (self.high, self.open_high), (other.high, other.open_high), sign=-1
        )
        return Stretch(low, high, open_low, open_high)

    def reaches(self, other: Stretch, *, least: Decimal | None = None) -> bool:
        """Tell whether every number lies in one of the two; from the least on, where one is given.

        Both are stretches in which a phrase may hold, so neither is empty.
        """
        first, last = (self, other) if self._begins(least) else (other, self)
        if not first._begins(least) or last.high is not None:  # noqa: SLF001  of its own kind
            return first.high is None and first._begins(least)  # noqa: SLF001
        if first.high is None or last.low is None:
            return True
        if first.high == last.low:
            return not (first.open_high and last.open_low)
        return first.high > last.low

    def _begins(self, least: Decimal | None) -> bool:
        return self.low is None or (least is not None and self.low <= least)


def numbers(phrase: Compare | Between | MetricTotal) -> Stretch | None:
    """Give the numbers of which a phrase holds; None where they are not one stretch."""
    match phrase:
        case Between(low=low, high=high):
            return Stretch(low, high)
        case Compare(comparison=comparison, value=value):
            return _compared(comparison, value)
        case MetricTotal(comparison=comparison, value=value):
            return _compared(comparison, value)


def counts(phrase: Happened) -> Stretch:
    """Give how often an event must have happened."""
    low = None if phrase.low is None else Decimal(phrase.low)
    high = None if phrase.high is None else Decimal(phrase.high)
    return Stretch(low or Decimal(0), high)


def days_in(length: Length) -> tuple[Decimal, Decimal]:
    """Give the fewest and the most days that a length may take."""
    fewest, most = _DAYS[length.unit]
    return fewest * length.amount, most * length.amount


def is_as_long(length: Length, other: Length) -> bool:
    """Tell whether one length certainly lasts as long as another, or longer."""
    if length.unit is other.unit:
        return length.amount >= other.amount
    # A day has an hour less or more where summer time begins or ends.
    slack = _SUMMER_TIME if length.unit.is_elapsed != other.unit.is_elapsed else 0
    return days_in(length)[0] >= days_in(other)[1] + slack


def spans_more(window: EventWindow, other: EventWindow) -> bool:
    """Tell whether all of one window lies in another, both up to now."""
    if not isinstance(window, InLast) or not isinstance(other, InLast):
        return False
    return is_as_long(window.length, other.length)


def _compared(comparison: Comparison, value: Decimal) -> Stretch | None:
    match comparison:
        case Comparison.IS:
            return Stretch(value, value)
        case Comparison.IS_NOT:
            return None
        case Comparison.AT_LEAST:
            return Stretch(value, None)
        case Comparison.MORE_THAN:
            return Stretch(value, None, open_low=True)
        case Comparison.AT_MOST:
            return Stretch(None, value)
        case Comparison.BELOW:
            return Stretch(None, value, open_high=True)


#: An end of a stretch, and whether it is itself left out.
_End: TypeAlias = tuple[Decimal | None, bool]


def _later(a: _End, b: _End, *, sign: int) -> _End:
    """Give the end that leaves more out: the higher of two low ends, the lower of two high ones."""
    if a[0] is None or b[0] is None:
        return b if a[0] is None else a
    if a[0] == b[0]:
        return a[0], a[1] or b[1]
    return a if (a[0] - b[0]) * sign > 0 else b
