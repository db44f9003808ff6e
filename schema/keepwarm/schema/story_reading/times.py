"""The time words of a story: `day 0 10:00`, `starts_on: Monday`."""

from __future__ import annotations

import re
from datetime import date, time

from keepwarm.schema.condition_reading.date_phrases import parse_day
from keepwarm.schema.hours import ALL_DAYS, Weekday, parse_clock, parse_clock_of, parse_weekday
from keepwarm.schema.reading import Grammar, Read, Refusal, inside, tidied
from keepwarm.schema.stories import StoryTime
from keepwarm.schema.waits import LAST_DAY


def read_story_time(text: str) -> Read[StoryTime] | Refusal:
    """Read `day 0 10:00`."""
    return _STORY_TIME.read(text)


def parse_story_day(said: str) -> StoryTime | Refusal | None:
    """Parse `day 10`, which is when that day begins, or `day 10 09:00`; None for anything else."""
    said = tidied(said)
    return _parse_story_time(f"{said} 00:00" if _DAY.fullmatch(said) else said, is_whole=False)


def story_day_text(at: StoryTime) -> str:
    """Give a day of a story as the language spells it, with the time of day if it has one."""
    return str(at) if at.at != time(0) else f"day {at.day}"


def read_starts_on(text: str) -> Read[Weekday | date] | Refusal:
    """Read the day that is day 0: `Monday` or `2026-03-28`."""
    return _STARTS_ON.read(text)


def _parse_story_time(said: str, *, is_whole: bool = True) -> StoryTime | Refusal | None:
    match = _DAY_AND_CLOCK.fullmatch(said)
    if match is None:
        return _refused_half(said) if is_whole else None
    day = int(match["day"])
    if abs(day) > LAST_DAY:
        return Refusal(f"day {day} is more than 10 years away", 'for example "day 0 10:00"')
    clock = parse_clock_of(f"day {day} 00:00", f"day {day + 1} 00:00", match["clock"])
    if isinstance(clock, Refusal):
        return inside(clock, f"day {day} ")
    return None if clock is None else StoryTime(day, clock)


def _refused_half(said: str) -> Refusal | None:
    if match := _DAY.fullmatch(said):
        meant = f"day {int(match['day'])} 10:00"
        return Refusal(f'"{said}" needs a time of day', f'for example "{meant}"')
    if parse_clock(said) is not None:
        return Refusal(f'"{said}" needs a day', 'the story begins on day 0: "day 0 10:00"')
    return None


def _parse_starts_on(said: str) -> Weekday | date | Refusal | None:
    return parse_weekday(said) or parse_day(said)


def _spell_starts_on(day: Weekday | date) -> str:
    return str(day)


_DAY = re.compile(r"day ?(?P<day>-?[0-9]{1,9})", re.IGNORECASE)
_DAY_AND_CLOCK = re.compile(
    r"day ?(?P<day>-?[0-9]{1,9}),? (?:at )?(?P<clock>[^ ].*)", re.IGNORECASE
)
_STORY_TIME = Grammar(
    "a time in a story",
    'days count from 0; for example "day 0 10:00"',
    frozenset({"day", "at"}),
    _parse_story_time,
)
_STARTS_ON: Grammar[Weekday | date] = Grammar(
    "a day to start on",
    'a weekday or a date, for example "Monday" or "2026-03-28"',
    frozenset(ALL_DAYS),
    _parse_starts_on,
    _spell_starts_on,
)
