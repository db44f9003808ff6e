"""Lengths of time as people write them: `48 hours`, `2 days`, `4 working hours`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from keepwarm.schema.reading import COUNT, Grammar, Read, Refusal, counted, plural
from keepwarm.schema.suggestions import quoted


class Unit(StrEnum):
    """What a length counts; minutes and hours are elapsed time, the others follow a calendar."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    #: Of a team's calendar.
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"

    @property
    def is_elapsed(self) -> bool:
        """Whether the unit is the same on every clock, also over a change of summer time."""
        return self in {Unit.MINUTE, Unit.HOUR}

    @property
    def is_working(self) -> bool:
        """Whether the unit needs a team's calendar."""
        return self in {Unit.WORKING_HOUR, Unit.WORKING_DAY}


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: `48 hours` has elapsed, `2 days` later it is the same time of day."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return plural(self.amount, self.unit.value.replace("_", " "))


@dataclass(frozen=True, slots=True)
class In:
    """`in 14 days`: when a task is due, when a message or an offer expires."""

    length: Length

    def __str__(self) -> str:
        return f"in {self.length}"


def read_length(text: str, *, zero: bool = False) -> Read[Length] | Refusal:
    """Read a length of time; nothing at all (`0 days`) only where `zero` says it makes sense."""
    return (_LENGTH_OR_NONE if zero else _LENGTH).read(text)


def read_in(text: str) -> Read[In] | Refusal:
    """Read `in 4 working hours` (due) or `in 14 days` (expires)."""
    return _IN.read(text)


def parse_length(said: str, *, zero: bool = False) -> Length | Refusal | None:
    """Parse a length out of tidied text; None where the text is nothing like one."""
    match = _COUNTED.fullmatch(said)
    if match is None:
        return _refused_length(said)
    word = match["unit"].lower().rstrip(".")
    unit = UNIT_WORDS.get(word)
    if unit is None:
        return _refused_unit(match["count"], word)
    return _within_bounds(counted(match["count"]), unit, zero=zero)


def _within_bounds(amount: int, unit: Unit, *, zero: bool) -> Length | Refusal:
    length = Length(amount, unit)
    if amount == 0 and not zero:
        return Refusal(f'"{length}" is no time at all', f'for example "{Length(1, unit)}"')
    if amount > LONGEST[unit]:
        longest = Length(LONGEST[unit], unit)
        return Refusal(f'"{length}" is more than 10 years', f'the longest is "{longest}"')
    return length


def _refused_unit(count: str, word: str) -> Refusal | None:
    if word == "m":
        return Refusal(
            f'"{count}m" may mean minutes or months',
            f'write "{count} minutes" or "{count} months"',
        )
    if word in {"s", "sec", "secs", "second", "seconds"}:
        return Refusal(f'"{count} {word}" is too fine', 'the smallest unit is a minute: "1 minute"')
    if word in {"quarter", "quarters", "fortnight", "fortnights"}:
        many, unit = (3, Unit.MONTH) if word.startswith("q") else (2, Unit.WEEK)
        meant = str(Length(many * counted(count), unit))
        return Refusal(f'"{word}" is not a unit of the language', f"write {unit}s", meant)
    return None


def _refused_length(said: str) -> Refusal | None:
    """Say what is wrong with a text that shows what it means; None where it does not."""
    if match := _COMPARED.fullmatch(said):
        inner = parse_length(match["rest"])
        meant = str(inner) if isinstance(inner, Length) else None
        if inner is None:
            return None
        return Refusal(
            f"{quoted(said)} compares, but this must be one length of time",
            'for example "2 days"',
            meant,
        )
    if re.fullmatch(r"[0-9]{1,9}", said):
        days, hours = (plural(int(said), unit) for unit in ("day", "hour"))
        return Refusal(f"{quoted(said)} needs a unit", f'for example "{days}" or "{hours}"')
    if match := _BROKEN.fullmatch(said):
        return _refused_fraction(said, match)
    if _SEVERAL.fullmatch(said):
        return Refusal(
            f"{quoted(said)} is more than one length of time",
            'write one number and one unit, for example "36 hours"',
        )
    if match := _NEGATIVE.fullmatch(said):
        return Refusal(f"{quoted(said)} lies in the past", 'a length is one or more: "1 day"')
    return None


def _refused_fraction(said: str, match: re.Match[str]) -> Refusal | None:
    unit = UNIT_WORDS.get(match["unit"].lower())
    if unit is None:
        return None
    smaller, many = _SMALLER.get(unit, (unit, 1))
    amount = _as_fraction(match["count"]) * many
    meant = str(Length(int(amount), smaller)) if amount.denominator == 1 and amount else None
    # 1.5 hours is 90 minutes, but 1.5 days is not 36 hours where summer time begins.
    keeps_meaning = unit in {Unit.HOUR, Unit.YEAR}
    hint = f'write a smaller unit, for example "{meant}"' if meant else "write a smaller unit"
    return Refusal(
        f"{quoted(said)} is not a whole number of {unit.value.replace('_', ' ')}s",
        hint if smaller is not unit else f'for example "{Length(1, unit)}"',
        meant if keeps_meaning and smaller is not unit else None,
    )


def _as_fraction(text: str) -> Fraction:
    if text.lower().startswith("half"):
        return Fraction(1, 2)
    whole, sign = text[:-1], text[-1]
    if sign in _SIGNS:
        return Fraction(int(whole or 0)) + _SIGNS[sign]
    numerator, _, denominator = text.partition("/")
    if denominator:
        return Fraction(int(numerator), int(denominator))
    return Fraction(text.replace(",", "."))


def _parse_in(said: str) -> In | Refusal | None:
    match = re.fullmatch(r"(?:(?:with)?in |after )?(?P<length>.+)", said, re.IGNORECASE)
    length = parse_length(match["length"]) if match else None
    if isinstance(length, Refusal) and length.replacement:
        return Refusal(length.message, length.hint, f"in {length.replacement}")
    return In(length) if isinstance(length, Length) else length


#: The word for a unit, as written -> the unit.
UNIT_WORDS: dict[str, Unit] = {
    word: unit
    for unit, words in {
        Unit.MINUTE: "minute,minutes,min,mins",
        Unit.HOUR: "hour,hours,hr,hrs,h",
        Unit.DAY: "day,days,d",
        Unit.WEEK: "week,weeks,wk,wks,w",
        Unit.MONTH: "month,months,mo,mos,mth,mths",
        Unit.YEAR: "year,years,yr,yrs,y",
        Unit.WORKING_HOUR: "working hour,working hours,business hour,business hours,"
        "office hour,office hours",
        Unit.WORKING_DAY: "working day,working days,business day,business days,"
        "workday,workdays,work day,work days",
    }.items()
    for word in words.split(",")
}
#: The words that a misspelt one may have been meant to be.
LENGTH_WORDS = frozenset(f"{unit}{s}" for unit in list(Unit)[:6] for s in ("", "s")) | {"working"}
#: Ten years, in each unit.
LONGEST = {
    Unit.MINUTE: 5_256_000,
    Unit.HOUR: 87_600,
    Unit.DAY: 3_650,
    Unit.WEEK: 520,
    Unit.MONTH: 120,
    Unit.YEAR: 10,
    Unit.WORKING_HOUR: 87_600,
    Unit.WORKING_DAY: 3_650,
}

_SMALLER = {
    Unit.HOUR: (Unit.MINUTE, 60),
    Unit.DAY: (Unit.HOUR, 24),
    Unit.WEEK: (Unit.DAY, 7),
    Unit.YEAR: (Unit.MONTH, 12),
}
_SIGNS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}

_UNIT = r"(?P<unit>[A-Za-z]+(?: (?:hours?|days?))?\.?)"
_COUNTED = re.compile(rf"(?P<count>{COUNT})[ -]?{_UNIT}", re.IGNORECASE)
_COMPARED = re.compile(
    r"(?:[<>]=?|at least|at most|more than|less than|up to|min(?:imum)?|max(?:imum)?|about) ?"
    r"(?P<rest>.+)",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    rf"(?P<count>[0-9]{{1,6}}[.,][0-9]{{1,6}}|[.,][0-9]{{1,6}}|[0-9]{{1,6}}/[1-9][0-9]{{0,5}}"
    rf"|[0-9]{{0,6}}[½¼¾]|half(?: an?)?) ?{_UNIT}",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    rf"{COUNT} ?[A-Za-z]+(?: working| business)?(?:,? and |, ?| ){COUNT} ?[A-Za-z]+.*"
    rf"|{COUNT} ?[A-Za-z]* ?(?:-|to|or) ?{COUNT} ?[A-Za-z]+",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"-[0-9]+ ?[A-Za-z]+", re.IGNORECASE)

_HINT = 'for example "2 days", "4 hours" or "1 month"'
_LENGTH = Grammar("a length of time", _HINT, LENGTH_WORDS, parse_length)
_LENGTH_OR_NONE = Grammar(
    "a length of time", _HINT, LENGTH_WORDS, lambda said: parse_length(said, zero=True)
)
_IN = Grammar(
    "a time from now",
    'for example "in 14 days" or "in 4 working hours"',
    LENGTH_WORDS | {"in", "within"},
    _parse_in,
)
