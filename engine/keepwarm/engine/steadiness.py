"""How long a condition's answer stays as it is, if nothing new becomes known.

A condition about attributes or about all events ever stays for good. One with a window or a date
stays until an event leaves the window or a day comes. The answer here is never too long: where it
is hard to tell, as on days on which clocks change, nothing is promised. A property test holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias, assert_never

from keepwarm.engine.conditions import compiled, tests_in
from keepwarm.engine.facts import Happening
from keepwarm.engine.situation import Situation
from keepwarm.engine.timing import after, before, local_moment, zone_named
from keepwarm.engine.values import test_of_value
from keepwarm.engine.windows import TimePhrase
from keepwarm.schema.conditions import (
    AfterDate,
    All,
    AnyOf,
    BeforeDate,
    Condition,
    Direction,
    FactKind,
    Far,
    Happened,
    InLast,
    MetricChange,
    MetricTotal,
    Near,
    NoneOf,
    SinceStart,
    Test,
    Today,
)
from keepwarm.schema.phrases import Length, Unit

#: Until when an answer stays at least; None is for good, the present moment is no promise.
Until: TypeAlias = datetime | None

_INSTANT: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
#: How far a length of days may come out from where it is expected, when clocks change.
_CLOCKS: Final = timedelta(hours=3)
#: The same of months and years, which differ in days.
_CALENDAR: Final = timedelta(days=4)
_LONG_UNITS: Final = frozenset({Unit.MONTH, Unit.YEAR})


def held_until(condition: Condition, situation: Situation) -> tuple[bool, Until]:
    """Tell whether a condition holds, and until when at least that stays so."""
    match condition:
        case Test():
            held = compiled(condition)(situation, situation.facts.attributes)
            return held, _steady(condition, situation)
        case All(of):
            return _joined(of, situation, wanted=True)
        case AnyOf(of):
            held, until = _joined(of, situation, wanted=False)
            return held, until
        case NoneOf(of):
            held, until = _joined(of, situation, wanted=False)
            return not held, until
        case _:
            assert_never(condition)


def _joined(
    conditions: Sequence[Condition], situation: Situation, *, wanted: bool
) -> tuple[bool, Until]:
    """Join parts: what all are is steady while all are; one that differs decides by itself."""
    alike: Until = None
    differing: list[Until] = []
    for each in conditions:
        held, until = held_until(each, situation)
        if held is wanted:
            alike = _sooner(alike, until)
        elif until is None:
            return held, None
        else:
            differing.append(until)
    if differing:
        return not wanted, max(until for until in differing if until is not None)
    return wanted, alike


def _sooner(one: Until, other: Until) -> Until:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _steady(test: Test, situation: Situation) -> Until:
    match test.phrase:
        case Happened():
            return _happened(test.fact, test.phrase, situation)
        case MetricTotal(event=event, length=length):
            return _crossing(_of(situation, event), length, situation)
        case MetricChange(event=event, length=length):
            events = _of(situation, event)
            once = _crossing(events, length, situation)
            return _sooner(once, _crossing(events, length, situation, twice=True))
        case Near() | Far() | Today() | BeforeDate() | AfterDate():
            return _dated(test, test.phrase, situation)
        case _:
            return None


# ── Events that leave a window ───────────────────────────────────────────────────────────────


def _happened(event: str, phrase: Happened, situation: Situation) -> Until:
    if phrase.where is not None and any(_asks_the_time(test) for test in tests_in(phrase.where)):
        return situation.now
    match phrase.window:
        case None:
            return None
        case SinceStart():
            # Outside a run that is since now, so that only what happens at this moment counts.
            events = _of(situation, event)
            return situation.now if any(each.at == situation.now for each in events) else None
        case InLast(length):
            return _leaving(phrase, _matching(situation, event, phrase), length, situation)
        case _:
            assert_never(phrase.window)


def _leaving(
    phrase: Happened, events: list[Happening], length: Length, situation: Situation
) -> Until:
    """Give when so many events have left that the count says something else."""
    now, margin = situation.now, _margin(length)
    start = before(now, length, zone_named(situation.timezone))
    if margin and any(abs(each.at - start) <= margin for each in events):
        return now
    inside = [each for each in events if each.at >= start]
    many, low, high = len(inside), phrase.low or 0, phrase.high
    if high is not None and many > high:
        decides = many - high - 1
    elif 0 < low <= many:
        decides = many - low
    else:
        return None
    return _end(inside[decides].at, length, situation)


def _crossing(
    events: Sequence[Happening], length: Length, situation: Situation, *, twice: bool = False
) -> Until:
    """Give when the next event falls out of a window, or out of the one before it."""
    zone, now = zone_named(situation.timezone), situation.now
    margin = _margin(length) * (2 if twice else 1)
    start = before(now, length, zone)
    if twice:
        start = before(start, length, zone)
    inside: datetime | None = None
    for each in reversed(events):
        if margin and abs(each.at - start) <= margin:
            return now
        if each.at < start:
            break
        inside = each.at
    if inside is None:
        return None
    return _end(after(inside, length, zone) if twice else inside, length, situation)


def _end(at: datetime, length: Length, situation: Situation) -> datetime:
    """Give the moment up to which what happened then is surely inside a window."""
    end = after(at, length, zone_named(situation.timezone))
    return end - 2 * _margin(length) if _margin(length) else end + _INSTANT


def _matching(situation: Situation, event: str, phrase: Happened) -> list[Happening]:
    events = _of(situation, event)
    if phrase.where is None:
        return [each for each in events if each.at <= situation.now]
    asked = compiled(phrase.where)
    return [
        each for each in events if each.at <= situation.now and asked(situation, each.properties)
    ]


def _of(situation: Situation, event: str) -> Sequence[Happening]:
    return situation.facts.events.get(event, ())


def _asks_the_time(test: Test) -> bool:
    return isinstance(test.phrase, Near | Far | Today)


def _margin(length: Length) -> timedelta:
    if length.unit.is_elapsed:
        return timedelta()
    return _CALENDAR if length.unit in _LONG_UNITS else _CLOCKS


# ── Days that come ───────────────────────────────────────────────────────────────────────────


def _dated(test: Test, phrase: TimePhrase, situation: Situation) -> Until:
    value = situation.facts.attributes.get(test.fact)
    if isinstance(phrase, BeforeDate | AfterDate) or not isinstance(value, str):
        return None
    if not test_of_value(test.kind)(value):
        return None
    length = None if isinstance(phrase, Today) else phrase.length
    margin = _CLOCKS if length is None else _margin(length)
    if test.kind is FactKind.DATE:
        margin = max(margin, _CLOCKS)
    try:
        bounds = tuple(_bounds(phrase, value, test.kind, situation.timezone))
    except (ValueError, OverflowError):  # such as 31 February, which compares as a text
        return situation.now
    return _first_ahead(bounds, margin, situation.now)


def _bounds(
    phrase: Near | Far | Today, value: str, kind: FactKind, timezone: str
) -> Iterable[datetime]:
    """Give the moments around which the answer may change."""
    zone = zone_named(timezone)
    if kind is FactKind.DATE:
        day = date.fromisoformat(value)
        begins, ends = (local_moment(each, time(), zone) for each in (day, day + _DAY))
    else:
        begins = ends = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    match phrase:
        case Today():
            day = begins.astimezone(zone).date()
            yield from (local_moment(each, time(), zone) for each in (day, day + _DAY))
        case Near(Direction.PAST, length) | Far(Direction.PAST, length):
            yield begins
            yield after(ends, length, zone)
        case Near(Direction.FUTURE, length) | Far(Direction.FUTURE, length):
            yield before(begins, length, zone)
            yield ends
        case _:
            raise AssertionError(phrase)


def _first_ahead(bounds: Iterable[datetime], margin: timedelta, now: datetime) -> Until:
    """Give the first bound that lies ahead; the present moment where one is too near to tell."""
    first: Until = None
    for bound in bounds:
        if now <= bound + margin:
            first = _sooner(first, max(now, bound - margin))
    return first
