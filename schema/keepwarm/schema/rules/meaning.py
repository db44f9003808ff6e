"""What phrases about one fact have to do with each other: one implies or excludes another.

Both answers are given only where they are certain. A fact that is missing matches no phrase, so it
changes neither answer; but `unknown` holds of nothing else.
"""

from __future__ import annotations

from decimal import Decimal

from keepwarm.schema.conditions import (
    AfterDate,
    All,
    BeforeDate,
    Between,
    Compare,
    Comparison,
    Condition,
    Contains,
    Far,
    Happened,
    Has,
    InLast,
    InSegment,
    InShare,
    IsKnown,
    IsTrue,
    MetricTotal,
    Near,
    OneOf,
    Phrase,
    StartsWith,
    StepEnded,
    Today,
)
from keepwarm.schema.lengths import Length, Unit
from keepwarm.schema.rules.stretches import Stretch, counts, is_as_long, numbers, spans_more

#: How often an event has happened at the least.
_NEVER = Decimal(0)
#: Today in one zone may be yesterday or tomorrow in another.
_TWO_DAYS = Length(2, Unit.DAY)


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Give the conditions of which all must hold, a list within a list taken apart."""
    if not isinstance(condition, All):
        return (condition,)
    return tuple(part for inner in condition.of for part in parts_of(inner))


def exclude_each_other(a: Phrase, b: Phrase) -> bool:
    """Tell whether two phrases about one fact never hold together."""
    return _excludes(a, b) or _excludes(b, a)


def implies(a: Phrase, b: Phrase) -> bool:
    """Tell whether one phrase holds wherever another about the same fact does."""
    if a == b or (b == IsKnown(wanted=True) and _needs_a_value(a)):
        return True
    match a, b:
        case InShare(end=this, share=low), InShare(end=other, share=high):
            return this is other and low <= high
        case OneOf(values=few, negated=False), OneOf(values=many, negated=negated):
            return not set(few) & set(many) if negated else set(few) <= set(many)
        case Happened(where=None), Happened(where=None) if a.window == b.window:
            return _lies_in(counts(a), counts(b))
        case MetricTotal(length=length), MetricTotal(length=other) if length == other:
            return _lies_in(_of_number(a), _of_number(b))
        case ((Compare() | Between()), (Compare() | Between())):
            return _lies_in(_of_number(a), _of_number(b))
        case Near(direction=way, length=length), Near(direction=other, length=longer):
            return way is other and is_as_long(longer, length)
        case Far(direction=way, length=length), Far(direction=other, length=shorter):
            return way is other and is_as_long(length, shorter)
        case _:
            return False


def _excludes(a: Phrase, b: Phrase) -> bool:
    match a, b:
        case IsKnown(wanted=False), other:
            return other != a
        case IsTrue(wanted=yes), IsTrue(wanted=other):
            return yes != other
        case InSegment(wanted=yes), InSegment(wanted=other):
            return yes != other
        case ((OneOf() | Contains() | StartsWith()), (OneOf() | Contains() | StartsWith())):
            return _no_text_fits(a, b)
        case (Has(), Has()) | (StepEnded(), StepEnded()):
            return _asks_for_what_the_other_denies(a, b)
        case Compare(comparison=Comparison.IS_NOT, value=value), other:
            return _of_number(other) == Stretch(value, value)
        case ((Compare() | Between()), (Compare() | Between())):
            return _are_apart(_of_number(a), _of_number(b))
        case MetricTotal(length=length), MetricTotal(length=other) if length == other:
            return _are_apart(_of_number(a), _of_number(b))
        case Happened(), Happened():
            return _never_so_often(a, b)
        case Far(direction=way), Far(direction=other):
            return way is not other
        case Far(direction=way, length=length), Near(direction=other, length=near):
            return way is not other or is_as_long(length, near)
        case Far(length=length), Today():
            return is_as_long(length, _TWO_DAYS)
        case BeforeDate(day=before), AfterDate(day=after):
            return (before - after).days <= 1
        case _:
            return False


def _needs_a_value(phrase: Phrase) -> bool:
    return not isinstance(phrase, IsKnown | Happened | InSegment | StepEnded | Has)


def _no_text_fits(a: OneOf | Contains | StartsWith, b: OneOf | Contains | StartsWith) -> bool:
    """Tell whether no text that the first names fits the second."""
    if not isinstance(a, OneOf) or a.negated:
        return False
    match b:
        case OneOf(values=values, negated=negated):
            return all((value in values) is negated for value in a.values)
        case Contains(text=text):
            return not any(text.casefold() in value.casefold() for value in a.values)
        case StartsWith(text=text):
            return not any(value.casefold().startswith(text.casefold()) for value in a.values)


def _asks_for_what_the_other_denies(a: Phrase, b: Phrase) -> bool:
    match a, b:
        case Has(tags=wanted, negated=False), Has(tags=denied, negated=True):
            return set(wanted) <= set(denied)
        case StepEnded(results=wanted, negated=False), StepEnded(results=denied, negated=True):
            return set(wanted) <= set(denied)
        case _:
            return False


def _of_number(phrase: Phrase) -> Stretch | None:
    """Give the numbers of which a phrase holds; None where they are not one stretch."""
    return numbers(phrase) if isinstance(phrase, Compare | Between | MetricTotal) else None


def _are_apart(a: Stretch | None, b: Stretch | None) -> bool:
    return a is not None and b is not None and a.with_other(b).is_empty


def _lies_in(a: Stretch | None, b: Stretch | None) -> bool:
    return a is not None and b is not None and a.with_other(b) == a


def _never_so_often(a: Happened, b: Happened) -> bool:
    """Tell whether the first asks for more events than the second allows in as much time."""
    if a.low is None or b.high is None or a.low <= b.high:
        return False
    if b.where is not None and b.where != a.where:
        return False
    if a.window == b.window or b.window is None:
        return True
    both_last = isinstance(a.window, InLast) and isinstance(b.window, InLast)
    return both_last and spans_more(b.window, a.window)


def leave_nothing_out(a: Phrase, b: Phrase) -> bool:
    """Tell whether one of two phrases about one fact holds of everybody who has a value."""
    match a, b:
        case (IsKnown(wanted=a_is), IsKnown(wanted=b_is)) | (
            IsTrue(wanted=a_is),
            IsTrue(wanted=b_is),
        ):
            return a_is != b_is
        case InSegment(wanted=yes), InSegment(wanted=other):
            return yes != other
        case OneOf(values=few, negated=False), OneOf(values=many, negated=True):
            return set(many) <= set(few)
        case OneOf(negated=True), OneOf(negated=False):
            return leave_nothing_out(b, a)
        case Happened(where=None), Happened(where=None) if a.window == b.window:
            return counts(a).reaches(counts(b), least=_NEVER)
        case ((Compare() | Between()), (Compare() | Between())):
            low, high = _of_number(a), _of_number(b)
            return low is not None and high is not None and low.reaches(high)
        case _:
            return False
