"""How long a condition's answer stays as it is, if nothing new becomes known.

A condition about attributes or about all events ever stays for good. One with a window or a date
stays until an event leaves the window or a day comes. The answer here is never too long: where it
is hard to tell, as on days on which clocks change, nothing is promised. A property test holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from keepwarm.engine.conditions import compiled, tests_in
from keepwarm.engine.facts import Happening
from keepwarm.engine.ranks import Ranks
from keepwarm.engine.situation import Situation
from keepwarm.engine.timing import after, before, local_moment, zone_named
from keepwarm.engine.values import NUMBER_TYPES, test_of_value
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
    InShare,
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
_RANKS_THAT_STAY: Final = Ranks()
_LONG_UNITS: Final = frozenset({Unit.MONTH, Unit.YEAR})


class Answer(NamedTuple):
    """Whether a condition holds, and what that hangs on."""

    held: bool
    #: Until when it stays so at least, if nothing new becomes known.
    until: Until
    #: The names of attributes and events that it hangs on until then: others may change.
    depends_on: frozenset[str]


def held_until(
    condition: Condition, situation: Situation, ranks: Ranks = _RANKS_THAT_STAY
) -> Answer:
    """Tell whether a condition holds, and until when at least that stays so.

    `ranks` are known ahead, as a replay knows them; without them they are taken to stay.
    """
    match condition:
        case Test():
            held = compiled(condition)(situation, situation.facts.attributes)
            return Answer(held, _steady(condition, situation, ranks), _names(condition))
        case All(of):
            return _joined(of, situation, ranks, wanted=True)
        case AnyOf(of):
            return _joined(of, situation, ranks, wanted=False)
        case NoneOf(of):
            some = _joined(of, situation, ranks, wanted=False)
            return Answer(not some.held, some.until, some.depends_on)
        case _:
            assert_never(condition)


def _joined(
    conditions: Sequence[Condition], situation: Situation, ranks: Ranks, *, wanted: bool
) -> Answer:
    """Join parts: that all are so hangs on all of them; one that is not decides by itself."""
    alike = Answer(wanted, None, frozenset())
    decisive: Answer | None = None
    for each in conditions:
        answer = held_until(each, situation, ranks)
        if answer.held is wanted:
            until = _sooner(alike.until, answer.until)
            alike = Answer(wanted, until, alike.depends_on | answer.depends_on)
        elif answer.until is None:
            return answer
        elif decisive is None or decisive.until is None or answer.until > decisive.until:
            decisive = answer
    return alike if decisive is None else decisive


def _names(test: Test) -> frozenset[str]:
    if isinstance(test.phrase, MetricTotal | MetricChange):
        return frozenset({test.phrase.event})
    return frozenset({test.fact})


def _sooner(one: Until, other: Until) -> Until:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _steady(test: Test, situation: Situation, ranks: Ranks) -> Until:
    match test.phrase:
        case Happened():
            return _happened(test.fact, test.phrase, situation)
        case MetricTotal(event=event, length=length):
            return _crossing(_of(situation, event), length, situation)
        case MetricChange(event=event, length=length):
            events = _of(situation, event)
            once = _crossing(events, length, situation)
            return _sooner(once, _crossing(events, length, situation, twice=True))
        case InShare(end, share):
            value: Any = situation.facts.attributes.get(test.fact)
            if type(value) not in NUMBER_TYPES:
                return None
            return ranks.same_until((test.fact, str(end), share), float(value), situation.now)
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
    zone, now = zone_named(situation.timezone), situation.now
    start = before(now, length, zone)
    margin = _margin(length, start, now, zone)
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
    return _end(inside[decides].at, length, zone)


def _crossing(
    events: Sequence[Happening], length: Length, situation: Situation, *, twice: bool = False
) -> Until:
    """Give when the next event falls out of a window, or out of the one before it."""
    zone, now = zone_named(situation.timezone), situation.now
    start = before(now, length, zone)
    margin = _margin(length, start, now, zone)
    if twice:
        middle, start = start, before(start, length, zone)
        margin += _margin(length, start, middle, zone)
    inside: datetime | None = None
    for each in reversed(events):
        if margin and abs(each.at - start) <= margin:
            return now
        if each.at < start:
            break
        inside = each.at
    if inside is None:
        return None
    if not twice:
        return _end(inside, length, zone)
    middle = after(inside, length, zone)
    return _end(middle, length, zone) - _margin(length, inside, middle, zone)


def _end(at: datetime, length: Length, zone: ZoneInfo) -> datetime:
    """Give the moment up to which what happened then is surely inside a window."""
    end = after(at, length, zone)
    margin = _margin(length, at, end, zone)
    return end - 2 * margin if margin else end + _INSTANT


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


def _margin(length: Length, start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """Give how far a window between two moments may come out from where it is expected."""
    if length.unit.is_elapsed:
        return timedelta()
    if length.unit in _LONG_UNITS:
        return _CALENDAR
    is_exact = _is_calm(start.toordinal(), zone) and _is_calm(end.toordinal(), zone)
    return timedelta() if is_exact else _CLOCKS


@lru_cache(maxsize=65536)
def _is_calm(day: int, zone: ZoneInfo) -> bool:
    """Tell whether clocks stay as they are for two days around a day."""
    noon = datetime.combine(date.fromordinal(day), time(12), UTC)
    offsets = {(noon + n * _DAY).astimezone(zone).utcoffset() for n in range(-3, 4)}
    return len(offsets) == 1


# ── Days that come ───────────────────────────────────────────────────────────────────────────


def _dated(test: Test, phrase: TimePhrase, situation: Situation) -> Until:
    value = situation.facts.attributes.get(test.fact)
    if isinstance(phrase, BeforeDate | AfterDate) or not isinstance(value, str):
        return None
    if not test_of_value(test.kind)(value):
        return None
    is_long = not isinstance(phrase, Today) and phrase.length.unit in _LONG_UNITS
    try:
        bounds = tuple(_bounds(phrase, value, test.kind, situation.timezone))
    except (ValueError, OverflowError):  # such as 31 February, which compares as a text
        return situation.now
    return _first_ahead(bounds, _CALENDAR if is_long else _CLOCKS, situation.now)


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
