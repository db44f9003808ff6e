"""The one spelling of every phrase of a condition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from keepwarm.schema.condition_reading.slips import put_right
from keepwarm.schema.conditions import (
    AfterDate,
    BeforeDate,
    Between,
    Compare,
    Comparison,
    Contains,
    Direction,
    EventWindow,
    Far,
    Happened,
    Has,
    InLast,
    InSegment,
    InShare,
    IsKnown,
    IsTrue,
    MetricChange,
    MetricTotal,
    Near,
    OneOf,
    Phrase,
    SinceStart,
    StartsWith,
    StepEnded,
    Today,
)

#: A text like this would be read as a phrase; as a value it stands behind `one of`.
LIKE_A_PHRASE = re.compile(
    r"(?:not|is|isn['\u2019]t|one of|none of|any of|contains|starts with|begins with|has"
    r"|at least|at most|more than|less than|fewer than|between|in the (?:top|bottom|last|next))"
    r"(?: .*)?|known|unknown|never|[<>=!].*|.* or .*",
    re.IGNORECASE,
)

#: Nor would this be read as a text: it is refused, since there is no such phrase.
_NO_TEST = re.compile(
    r"(?:does ?n['\u2019]?o?t (?:contains?|(?:start|begin|end)s? with)|ends? with) ", re.IGNORECASE
)


def spelt(phrase: Phrase) -> str:
    """Give the canonical spelling of a phrase; reading it gives the phrase again."""
    match phrase:
        case Compare(comparison, value):
            return _compared(comparison, value)
        case Between(low, high):
            return f"between {decimal_text(low)} and {decimal_text(high)}"
        case InShare(end, share):
            return f"in the {end} {decimal_text(share * 100)}%"
        case OneOf(values, negated) | StepEnded(values, negated):
            return _one_of(values, negated=negated)
        case Contains(text):
            return f"contains {text}"
        case StartsWith(text):
            return f"starts with {text}"
        case IsTrue(wanted) | InSegment(wanted):
            return "yes" if wanted else "no"
        case Near(direction, length):
            way = "last" if direction is Direction.PAST else "next"
            return f"in the {way} {length}"
        case Far(direction, length):
            return f"more than {length} {'ago' if direction is Direction.PAST else 'away'}"
        case Today():
            return "today"
        case BeforeDate(day):
            return f"before {day.isoformat()}"
        case AfterDate(day):
            return f"after {day.isoformat()}"
        case Happened(low, high, window, _):
            return f"{_times(low, high)}{_windowed(window)}"
        case MetricTotal(comparison, value, length):
            return f"{_compared(comparison, value)} over the last {length}"
        case MetricChange(trend, share, length):
            return f"{trend} at least {decimal_text(share * 100)}% over the last {length}"
        case Has(tags, negated):
            return _has(tags, negated=negated)
        case IsKnown(wanted):
            return "known" if wanted else "unknown"
        case _:
            assert_never(phrase)


def _is_like_a_phrase(text: str) -> bool:
    return bool(
        LIKE_A_PHRASE.fullmatch(text) or _NO_TEST.match(text) or put_right(text) is not None
    )


def decimal_text(number: Decimal) -> str:
    """Give a number in digits with no zeros behind the point: equal numbers are spelt alike."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _compared(comparison: Comparison, value: Decimal) -> str:
    number = decimal_text(value)
    return number if comparison is Comparison.IS else f"{comparison} {number}"


def _one_of(values: Sequence[str], *, negated: bool) -> str:
    if len(values) == 1 and not _is_like_a_phrase(values[0]):
        return f"not {values[0]}" if negated else values[0]
    return f"{'none' if negated else 'one'} of {', '.join(values)}"


def _times(low: int | None, high: int | None) -> str:
    if high is None:
        return f"at least {_count(low or 0)}"
    return "never" if high == 0 else f"at most {_count(high)}"


def _count(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _windowed(window: EventWindow) -> str:
    match window:
        case None:
            return ""
        case SinceStart():
            return " since start"
        case InLast(length):
            return f" in the last {length}"
        case _:
            assert_never(window)


def _has(tags: Sequence[str], *, negated: bool) -> str:
    if negated:
        return f"has none of {', '.join(tags)}"
    # "has no shows" would be read as not having "shows".
    is_plain = len(tags) == 1 and " " not in tags[0]
    return f"has {tags[0]}" if is_plain else f"has one of {', '.join(tags)}"
