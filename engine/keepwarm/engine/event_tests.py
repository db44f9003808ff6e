"""Tests on what happened: counts of events, sums over them, and how steps of the run ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from keepwarm.engine.attribute_tests import COMPARE
from keepwarm.engine.facts import Value
from keepwarm.engine.situation import Asked, Situation, at_each_moment
from keepwarm.engine.values import PARTS, ten_thousandths
from keepwarm.engine.windows import change_windows, length_ago, window_start
from keepwarm.schema.conditions import Happened, MetricChange, MetricTotal, SinceStart, Trend

#: What only a message that was sent can fail to become (law 15).
_AFTER_SENDING = frozenset({"opened", "clicked"})
_WAS_SENT = _AFTER_SENDING | {"sent", "delivered"}


def happened(event: str, phrase: Happened, where: Asked | None) -> Asked:
    """Give the test that an event came so often; `where` is asked of its properties."""
    low, high = phrase.low or 0, phrase.high
    enough = low if high is None else high + 1
    begins = at_each_moment(lambda now, zone: window_start(phrase.window, now, None, zone))
    since_start = isinstance(phrase.window, SinceStart)

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del values
        start = situation.started_at if since_start else None
        count = counted(situation, event, start or begins(situation), where, enough)
        return count >= low and (high is None or count <= high)

    return asked


def counted(
    situation: Situation,
    event: str,
    start: datetime | None,
    where: Asked | None = None,
    enough: int | None = None,
) -> int:
    """Count an event from a moment on (None: ever) until now; stop when it is enough."""
    count = 0
    for happening in reversed(situation.facts.events.get(event, ())):
        if start is not None and happening.at < start:
            break
        if happening.at <= situation.now and (
            where is None or where(situation, happening.properties)
        ):
            count += 1
            if count == enough:
                break
    return count


def totals(phrase: MetricTotal) -> Asked:
    """Give the test on a sum over a window."""
    compare, bound = COMPARE[phrase.comparison], float(phrase.value * PARTS)
    begins = at_each_moment(lambda now, zone: length_ago(phrase.length, now, zone))

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del values
        start = begins(situation)
        return bool(compare(summed(situation, phrase, start, start)[0], bound))

    return asked


def changed(phrase: MetricChange) -> Asked:
    """Give the test on a sum over a window against that over the window before."""
    up = phrase.trend is Trend.UP
    numerator, denominator = (float(part) for part in phrase.share.as_integer_ratio())
    begins = at_each_moment(lambda now, zone: change_windows(phrase.length, now, zone))

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del values
        middle, start = begins(situation)
        present, earlier = summed(situation, phrase, middle, start)
        difference = present - earlier if up else earlier - present
        return earlier > 0 and difference * denominator >= numerator * earlier

    return asked


def summed(
    situation: Situation, phrase: MetricTotal | MetricChange, middle: datetime, start: datetime
) -> tuple[float, float]:
    """Give the metric's sums from the middle until now, and from the start up to the middle.

    Both are in ten-thousandths.
    """
    present = earlier = 0.0
    name = phrase.property
    for happening in reversed(situation.facts.events.get(phrase.event, ())):
        if happening.at < start:
            break
        amount = float(PARTS) if name is None else ten_thousandths(happening.properties.get(name))
        if happening.at < middle:
            earlier += amount
        elif happening.at <= situation.now:
            present += amount
    return present, earlier


def came_ever(event: str, *, wanted: bool) -> Asked:
    """Give the test that an event came at all or, not wanted, that it never did."""

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del values
        return (counted(situation, event, None, enough=1) > 0) is wanted

    return asked


def ended(step: str, words: frozenset[str], *, negated: bool) -> Asked:
    """Give the test that a named step ended in one of these ways or, negated, in none of them.

    A step that has not ended fails both; and a message that was never sent did not fail to be
    opened (law 15).
    """
    presumes_sending = negated and not words.isdisjoint(_AFTER_SENDING)

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del values
        result = situation.results.get(step)
        if not result:
            return False
        true_words = frozenset({result}) if isinstance(result, str) else result
        if presumes_sending and true_words.isdisjoint(_WAS_SENT):
            return False
        return words.isdisjoint(true_words) is negated

    return asked


def has_ended(step: str, *, wanted: bool) -> Asked:
    """Give the test that a named step has come to an end or, not wanted, that it has not."""

    def asked(situation: Situation, values: Mapping[str, Value]) -> bool:
        del values
        return bool(situation.results.get(step)) is wanted

    return asked
