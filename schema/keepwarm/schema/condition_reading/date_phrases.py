"""Tests on a date or a moment: `in the next 90 days`, `more than 60 days ago`, `before …`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TypeAlias

from keepwarm.schema.condition_reading.spelling import spelt
from keepwarm.schema.conditions import AfterDate, BeforeDate, Direction, Far, Near, Today
from keepwarm.schema.lengths import LENGTH_WORDS, Length, parse_length
from keepwarm.schema.reading import Refusal, inside
from keepwarm.schema.suggestions import quoted

DatePhrase: TypeAlias = Near | Far | Today | BeforeDate | AfterDate

DATE_HINT = (
    'you can write: "in the next 90 days"; "in the last 30 days"; "more than 60 days ago"; '
    '"more than 10 days away"; "today"; "before 2026-01-01"; "after 2026-01-01"'
)
DATE_WORDS = LENGTH_WORDS | {
    "in", "the", "next", "last", "more", "than", "ago", "away", "today", "before", "after",
}  # fmt: skip


def parse_date_test(said: str, *, has_hours: bool = True) -> DatePhrase | Refusal | None:
    """Parse a test on a date (`has_hours` false) or a moment; None for what is nothing like one."""
    if said.lower() in {"today", "is today"}:
        return Today()
    if match := _NEAR.fullmatch(said):
        direction = _DIRECTIONS[match["way"].lower()]
        return _with_length(Near, direction, match["length"], has_hours=has_hours)
    if match := _FAR.fullmatch(said):
        behind = match["behind"] or match["older"]
        direction = Direction.PAST if behind else Direction.FUTURE
        text = match["length"] or match["older"] or match["ahead"]
        return _with_length(Far, direction, text, has_hours=has_hours)
    if match := _DAY.fullmatch(said):
        return _on_one_side(match["day"], is_before=match["side"].lower() in _EARLIER)
    return _refused_date_test(said)


def parse_day(said: str) -> date | Refusal | None:
    """Parse `2026-01-31`; None where the text is nothing like a date."""
    match = _ISO.fullmatch(said)
    if match is None:
        return _refused_day(said)
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return Refusal(f"there is no day {said}", "write year, month and day: 2026-01-31")


def _with_length(
    kind: type[Near | Far], direction: Direction, text: str, *, has_hours: bool
) -> Near | Far | Refusal | None:
    length = parse_length(text)
    if length is None:
        return _refused_bare_unit(kind, direction, text)
    if isinstance(length, Refusal):
        if length.replacement is None:
            return length
        meant = parse_length(length.replacement)
        whole = spelt(kind(direction, meant)) if isinstance(meant, Length) else None
        return Refusal(length.message, length.hint, whole)
    if length.unit.is_working:
        return Refusal(
            f'"{length}" belong to a team\'s calendar, and customers have none',
            "count in days or weeks",
        )
    if length.unit.is_elapsed and not has_hours:
        return Refusal(f'a date has no hours, so "{length}" says nothing about it', "count in days")
    return kind(direction, length)


def _refused_bare_unit(kind: type[Near | Far], direction: Direction, text: str) -> Refusal | None:
    length = parse_length(f"1 {text}")
    if not isinstance(length, Length):
        return None
    meant = spelt(kind(direction, length))
    return Refusal(f"{quoted(text)} has no number before it", f'for example "{meant}"', meant)


def _on_one_side(text: str, *, is_before: bool) -> BeforeDate | AfterDate | Refusal | None:
    day = parse_day(text)
    if isinstance(day, Refusal):
        return inside(day, "before " if is_before else "after ")
    if day is None:
        return None
    return BeforeDate(day) if is_before else AfterDate(day)


def _refused_day(said: str) -> Refusal | None:
    match = _LOOSE_ISO.fullmatch(said)
    if match is not None:
        text = f"{match['year']}-{int(match['month']):02}-{int(match['day']):02}"
        return Refusal(f"write the date {quoted(said)} as {text}", None, text)
    if _OTHER_DATE.fullmatch(said):
        return Refusal(
            f"cannot tell which day {quoted(said)} is",
            "write year, month and day: 2026-01-31",
        )
    return None


def _refused_date_test(said: str) -> Refusal | None:
    """Say how to write what is plainly meant, or which of two things it may mean."""
    if parse_day(said.removeprefix("on ")) is not None:
        day = said.removeprefix("on ")
        return Refusal(
            f"{quoted(said)} alone is not a test", f'write "before {day}" or "after {day}"'
        )
    if match := _FROM_DAY.fullmatch(said):
        return _refused_since(said, match["day"])
    for pattern, meant in _NEARLY.items():
        match = re.fullmatch(pattern, said, re.IGNORECASE)
        length = parse_length(match["length"]) if match else None
        if isinstance(length, Length):
            ways = [spelt(kind(direction, length)) for kind, direction in meant]
            shown = " or ".join(f'"{way}"' for way in ways)
            only = ways[0] if len(ways) == 1 else None
            return Refusal(f"{quoted(said)} is not a test on a date", f"write {shown}", only)
    if said.lower() in {"tomorrow", "yesterday"}:
        return Refusal(
            f"{quoted(said)} is not a test on a date",
            'write "today", "in the next 1 day" or "in the last 1 day"',
        )
    return None


def _refused_since(said: str, text: str) -> Refusal | None:
    day = parse_day(text)
    if not isinstance(day, date) or day == date.min:
        return day if isinstance(day, Refusal) else None
    meant = spelt(AfterDate(day - timedelta(days=1)))
    return Refusal(f"{quoted(said)} does not say whether that day belongs to it", DATE_HINT, meant)


#: Nearly a test -> what it may mean; with one meaning it is proposed.
_NEARLY: dict[str, tuple[tuple[type[Near | Far], Direction], ...]] = {
    r"(?:less than|at most|up to|<=?) ?(?P<length>.+?) ago": ((Near, Direction.PAST),),
    r"(?:less than|at most|up to|<=?) ?(?P<length>.+?) (?:away|from now)": (
        (Near, Direction.FUTURE),
    ),
    r"(?:at least|>=) ?(?P<length>.+?) ago": ((Far, Direction.PAST),),
    r"(?:at least|>=) ?(?P<length>.+?) (?:away|from now)": ((Far, Direction.FUTURE),),
    r"(?:more than|over|>) ?(?P<length>.+)": ((Far, Direction.PAST), (Far, Direction.FUTURE)),
    r"(?P<length>.+) ago": ((Near, Direction.PAST), (Far, Direction.PAST)),
    r"(?:less than|at most|within|in|<) ?(?P<length>.+)": (
        (Near, Direction.FUTURE),
        (Near, Direction.PAST),
    ),
}
_FROM_DAY = re.compile(r"(?:since|from|on or after|starting) (?P<day>.+)", re.IGNORECASE)
_DIRECTIONS = {
    "last": Direction.PAST,
    "past": Direction.PAST,
    "next": Direction.FUTURE,
    "coming": Direction.FUTURE,
}
_EARLIER = {"before", "earlier than", "<"}
_NEAR = re.compile(
    r"(?:(?:with)?in (?:the )?|during the |over the )?(?P<way>last|past|next|coming) "
    r"(?P<length>.+)",
    re.IGNORECASE,
)
_MORE = r"(?:more than|over|longer than|>) ?"
_FAR = re.compile(
    rf"{_MORE}(?P<length>.+?) (?:(?P<behind>ago|in the past)|away|from now|in the future)"
    rf"|older than (?P<older>.+)|in more than (?P<ahead>.+)",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(?:is )?(?P<side>before|after|earlier than|later than|<|>) ?(?P<day>.+)", re.IGNORECASE
)
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_LOOSE_ISO = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<day>0?[1-9]|[12][0-9]|3[01])"
)
_OTHER_DATE = re.compile(
    r"[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{2,4}|[0-9]{1,2} [A-Za-z]{3,9}\.? [0-9]{4}"
    r"|[A-Za-z]{3,9}\.? [0-9]{1,2},? [0-9]{4}",
)
