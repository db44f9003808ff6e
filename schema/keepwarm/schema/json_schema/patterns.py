"""Patterns for editors: what a phrase looks like, in the regular expressions of JSON Schema.

A pattern takes all that the reader of the phrase takes, close spellings included, so that an
editor never marks what `check` lets pass. It takes a little more, since only the reader knows that
there is no 25 o'clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from keepwarm.schema.hours import ALL_DAYS
from keepwarm.schema.reading import COUNT, NAME


def phrase(*forms: str) -> str:
    """Give the pattern of a text that has one of the forms, whatever its case and its spaces.

    A form is a regular expression in small letters that JavaScript reads as Python does: no names,
    no flags, no look-behind.
    """
    return rf"^\s*(?:{'|'.join(loose(form) for form in forms)})\s*$"


def exact(*words: str) -> str:
    """Give the pattern of a text that is one of the words."""
    return rf"^(?:{either(words)})$"


def either(words: Iterable[str]) -> str:
    """Give the form of any of the words, the longest first."""
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    # Only what JavaScript lets be escaped in its Unicode mode is escaped.
    return "|".join(re.sub(r"([\\^$.|?*+()\[\]{}/])", r"\\\1", word) for word in longest_first)


def loose(form: str) -> str:
    """Give a form that takes letters of either case, any space, and any dash."""
    return _PART_OF_A_FORM.sub(_loosened, form)


def _loosened(match: re.Match[str]) -> str:
    part = match.group()
    if len(part) > 1:
        return r"\s*" if part == " ?" else part
    if part.isalpha() and part.isascii():
        return f"[{part.lower()}{part.upper()}]"
    return {" ": r"\s+", "-": "[-\u2013\u2014\u2212]"}.get(part, part)


#: An escape, a class, a repetition or the head of a group, which stay as they are; or one sign.
_PART_OF_A_FORM = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{[0-9,]+\}|\(\?[:=!]| \?|.")

# ── Parts that several phrases have ──────────────────────────────────────────────────────────

CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::00)?"
#: Every word of `lengths.UNIT_WORDS`, folded together.
_UNIT = (
    "(?:min(?:ute)?s?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:(?:ee)?ks?)?|m(?:o|th|onth)s?|y(?:(?:ea)?rs?)?"
    "|(?:working|business|office) (?:hour|day)s?|work ?days?)"
)
LENGTH = rf"{COUNT}(?: |-)?{_UNIT}\.?"
DAY_OF_WEEK = (
    "(?:"
    + either(
        word
        for day in (day.lower() for day in ALL_DAYS)
        for word in (day, f"{day}s", day[:3], day[:4], day[:5])
    )
    + r")\.?"
)
PERCENT = r"[0-9]{1,3}(?:\.[0-9]{1,6})? ?(?:%|percent|per cent|pct)"
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_UP_TO = r"(?:at most |up to |max(?:imum|\.)? |no more than |<= ?)"
_PER = r"(?: ?/ ?| per | an? | each | every )(?:day|week|month|daily|weekly|monthly)"
_CURRENCY = r"(?:[€$£]|[A-Za-z]{3,7})"
_MONEY = rf"(?:{_CURRENCY} ?)?[0-9]{{1,12}}(?:\.[0-9]{{1,2}})?(?: ?{_CURRENCY})?"
_FROM_TO = rf"(?:from |between )?{CLOCK}(?: ?- ?| (?:to|till?|until|and) ){CLOCK}"
_AT_MOST = rf",? (?:but )?(?:at most|max\.?|maximum|up to|no longer than) {LENGTH}"
_DAYS = (
    rf"day|daily|each day|weekdays?|workdays?|working day|(?:(?:week )?on )?{DAY_OF_WEEK}"
    r"|(?:month|monthly)(?: on)?(?: the)?(?: last)?(?: day)?(?: [0-9]{1,2}(?:st|nd|rd|th)?)?"
)

# ── Whole phrases ────────────────────────────────────────────────────────────────────────────

LENGTH_OF_TIME = phrase(LENGTH)
KEEPING = phrase(rf"(?:{LENGTH}|for ?ever|always)")
DUE = phrase(rf"(?:(?:with)?in |after )?{LENGTH}")
CLOCK_TIME = phrase(CLOCK)
WINDOW = phrase(_FROM_TO)
WORKING_HOURS = phrase(rf"[A-Za-z][A-Za-z ,.-]*,? {_FROM_TO}")
SCHEDULE = phrase(
    rf"(?:every )?(?:(?:{_DAYS}),? (?:at )?{CLOCK}|{LENGTH}|minutes?|hours?)",
)
WAIT = phrase(
    rf"(?:for )?{LENGTH}",
    rf"(?:until|till?) (?:day ?[0-9]{{1,9}}|(?:at )?{CLOCK}|{DAY_OF_WEEK} (?:at )?{CLOCK}"
    rf"|{NAME} (?:is |has been )?done{_AT_MOST}|{NAME}{_AT_MOST}"
    rf"|(?:{LENGTH} (?:before|after) )?(?:the )?{NAME})",
)
TIMES = phrase(rf"(?:at least |>= ?)?(?:once|{COUNT})(?: times?)?")
ONCE = phrase(rf"(?:once )?per {NAME}|(?:once )?every time")
SHARE = phrase(PERCENT)
STAGE = phrase(rf"{PERCENT}(?: for {LENGTH})?")
LIMIT_ON_MESSAGES = phrase(rf"{_UP_TO}?{COUNT} [A-Za-z-]+(?: [A-Za-z]+)?{_PER}")
PROMISE = phrase(rf"{_UP_TO}?{COUNT} [A-Za-z-]+(?: [A-Za-z-]+){{0,2}}{_PER}")
PARTS = phrase(rf"{_UP_TO}?{COUNT} parts?(?: each)?")
EXPECTS = phrase(
    rf"(?:{_UP_TO}|(?:between )?[0-9]{{1,9}} ?(?:to|and|-) ?)[0-9]{{1,9}}"
    rf" (?:customers?|people|persons?){_PER}",
)
BUDGET = phrase(rf"{_UP_TO}?{_MONEY}{_PER}")
MONEY = phrase(_MONEY)
SCALE = phrase(r"(?:from )?[0-9]{1,4} ?(?:to|-) ?[0-9]{1,4}")
TYPE = phrase(
    "number|text|date|moment|yes or no|tags",
    "(?:one of|any of|choice of|either) .*[^ ].*",
)
#: As `values.LANGUAGE` reads it.
LANGUAGE = r"^\s*[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?\s*$"
COUNTRY = r"^\s*[A-Z]{2}\s*$"
ZONE = r"^\s*[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*\s*$"
EVENT_PROPERTY = r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$"
TOLD = phrase(r"[a-z]+ [^ ].*")
STORY_DAY = phrase(r"day ?-?[0-9]{1,9}", DATE)
STORY_TIME = phrase(rf"day ?-?[0-9]{{1,9}},? (?:at )?{CLOCK}")
STARTS_ON = phrase(DAY_OF_WEEK, DATE)
DAY = phrase(DATE)
SOMETHING = r"\S"
TRUTH = phrase("yes|no|true|false")
NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,9})?$"
RANK = rf"(?:is )?(?:in |among )?(?:the )?(?:top|highest|best|bottom|lowest|worst) {PERCENT}"
NUMBER_OR_RANK = phrase(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?", RANK)
#: Of a step, a playbook, a tag; with slashes of a template.
NAME_OF_A_THING = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
NAME_WITH_FOLDERS = "^[A-Za-z0-9][A-Za-z0-9_/-]*$"
NAME_OF_A_FACT = "^[A-Za-z_][A-Za-z0-9_]*$"
_IN_AN_ADDRESS = "[^@\\s\"'<>]"
ADDRESS = rf"^{_IN_AN_ADDRESS}+@{_IN_AN_ADDRESS}+\.[^@\s'<>.]{{2,}}$"
CHAT_CHANNEL = "[#@][^\\s#@\"']{1,80}"
URL = r"https://[^\s]+"
RATE = phrase(rf"(?:above|over|more than|>) ?{PERCENT}")
