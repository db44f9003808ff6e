"""The value that a test saw, as a person reads it, for explanations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from keepwarm.engine.conditions import compiled
from keepwarm.engine.event_tests import counted, summed
from keepwarm.engine.facts import Value
from keepwarm.engine.situation import Situation
from keepwarm.engine.values import PARTS, shown, shown_as, shown_number
from keepwarm.engine.windows import change_windows, length_ago, window_start
from keepwarm.schema.conditions import (
    FactKind,
    Happened,
    InShare,
    MetricChange,
    MetricTotal,
    StepEnded,
    Test,
)


def seen(test: Test, situation: Situation, of: Mapping[str, Value] | None = None) -> str | None:
    """Give the value that the test saw; None where there was none.

    `of` gives an event's properties where the test is about the event. What is personal is not
    hidden here: the caller knows which attributes are.
    """
    zone = situation.timezone
    values = situation.facts.attributes if of is None else of
    match test.phrase:
        case Happened(window=window, where=where):
            start = window_start(window, situation.now, situation.started_at, zone)
            asked = None if where is None else compiled(where)
            return times(counted(situation, test.fact, start, asked))
        case MetricTotal(length=length):
            start = length_ago(length, situation.now, zone)
            return shown_number(summed(situation, test.phrase, start, start)[0] / PARTS)
        case MetricChange(length=length):
            middle, start = change_windows(length, situation.now, zone)
            present, earlier = summed(situation, test.phrase, middle, start)
            return f"{shown_number(present / PARTS)} after {shown_number(earlier / PARTS)}"
        case InShare(end, share):
            value = shown(values.get(test.fact), FactKind.NUMBER, zone)
            return _in_share(value, situation, (test.fact, str(end), share))
        case StepEnded():
            return _words(situation.results.get(test.fact))
        case _:
            pass
    if test.kind is FactKind.EVENT:
        return times(counted(situation, test.fact, None))
    if test.kind is FactKind.STEP:
        return _words(situation.results.get(test.fact))
    return shown(values.get(test.fact), test.kind, zone)


def seen_of_each(
    test: Test, situation: Situation, values: Iterable[Value | None]
) -> list[str | None]:
    """Give what a test of an attribute saw of each of many values, which may be None."""
    if isinstance(test.phrase, InShare):
        return [
            seen(test, situation, {test.fact: value} if value is not None else {})
            for value in values
        ]
    return [*map(shown_as(test.kind, situation.timezone), values)]


def times(count: int) -> str:
    """Give a count as the language says it."""
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _in_share(value: str | None, situation: Situation, key: tuple[str, str, Decimal]) -> str | None:
    threshold = situation.facts.thresholds.get(key)
    if value is None or threshold is None:
        return value
    return f"{value}, and {shown_number(threshold)} is the limit"


def _words(result: str | frozenset[str] | None) -> str | None:
    if not result:
        return None
    return result if isinstance(result, str) else ", ".join(sorted(result))
