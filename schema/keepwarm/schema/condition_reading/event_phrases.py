"""Tests on events and metrics: `at least 3 times in the last 30 days`, `down at least 30% …`."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from keepwarm.schema.condition_reading.number_phrases import (
    in_digits,
    not_in_digits,
    parse_comparison,
)
from keepwarm.schema.condition_reading.spelling import spelt
from keepwarm.schema.conditions import (
    EventWindow,
    Happened,
    InLast,
    MetricChange,
    MetricTotal,
    SinceStart,
    Trend,
)
from keepwarm.schema.lengths import LENGTH_WORDS, Length, parse_length
from keepwarm.schema.reading import COUNT, Refusal, counted, inside
from keepwarm.schema.suggestions import quoted

EVENT_HINT = (
    'you can write: "never"; "at least once"; "at least 3 times"; "at most 2 times"; '
    'each may go on with "in the last 30 days" or "since start"'
)
EVENT_WORDS = LENGTH_WORDS | {
    "never", "at", "least", "most", "once", "times", "in", "the", "last", "since", "start",
}  # fmt: skip
METRIC_HINT = (
    'you can write: "at least 40 over the last 7 days"; "below 10 over the last 30 days"; '
    '"down at least 30% over the last 30 days"; "up at least 20% over the last 7 days"'
)
METRIC_WORDS = LENGTH_WORDS | {
    "at", "least", "most", "more", "than", "below", "over", "the", "last", "down", "up",
}  # fmt: skip


def parse_event_test(said: str, *, has_run: bool) -> Happened | Refusal | None:
    """Parse a test on an event; `has_run` tells whether `since start` means anything here."""
    match = _EVENT.fullmatch(said)
    if match is None:
        return None
    bounds = _bounds((match["count"] or "").strip())
    if bounds is None or isinstance(bounds, Refusal):
        return bounds
    window = _window(match["window"])
    if isinstance(window, Refusal):
        return inside(window, f"{spelt(Happened(*bounds))} in the last ")
    if match["window"] and window is None:
        return None
    if isinstance(window, SinceStart) and not has_run:
        return Refusal(
            '"since start" says nothing here: nobody has started yet',
            'write a time instead, for example "in the last 30 days"',
        )
    return Happened(*bounds, window)


def parse_metric_test(said: str) -> MetricTotal | MetricChange | Refusal | None:
    """Parse a test on a metric; its event and property are left for the reader to fill."""
    match = _METRIC.fullmatch(said)
    if match is None:
        return _refused_metric(said)
    length = _length_behind(match["length"])
    if isinstance(length, Refusal):
        return inside(length, f"{match['what']} over the last ")
    if length is None:
        return None
    if change := _CHANGE.fullmatch(match["what"]):
        return _change(change, length, said)
    if (total := parse_comparison(match["what"])) is not None:
        return MetricTotal(total.comparison, total.value, length)
    if (meant := parse_comparison(in_digits(match["what"]))) is not None:
        return not_in_digits(said, MetricTotal(meant.comparison, meant.value, length))
    return None


def _bounds(text: str) -> tuple[int | None, int | None] | Refusal | None:
    """Give the lowest and highest count that a phrase allows; None for no phrase."""
    plain = text.lower()
    if plain in {"", "at least once", "ever"}:
        return (1, None)
    if plain in {"never", "not", "none", "zero times", "0 times", "0"}:
        return (None, 0)
    match = _COUNT.fullmatch(plain)
    if match is None or (match["before"] is None and match["after"] is None):
        return _refused_count(text)
    count = {"once": 1, "twice": 2}.get(match["count"]) or counted(match["count"])
    low, high = _BOUNDS[match["before"] or match["after"]](count)
    if low == 0 or (high is not None and high < 0):
        so = "always" if low == 0 else "never"
        return Refusal(f"{quoted(text)} is {so} so", EVENT_HINT)
    return (low, high)


def _refused_count(text: str) -> Refusal | None:
    match = re.fullmatch(
        rf"(?:exactly )?(?P<count>once|twice|{COUNT})(?: times?)?", text, re.IGNORECASE
    )
    if match is not None:
        return Refusal(
            f"{quoted(text)} may mean that often exactly, or that often and more",
            'write "at least" or "at most" before it',
        )
    between = re.fullmatch(
        rf"(?:between )?(?P<low>{COUNT}) (?:and|to) (?P<high>{COUNT})(?: times?)?",
        text,
        re.IGNORECASE,
    )
    if between is not None:
        low, high = counted(between["low"]), counted(between["high"])
        return Refusal(
            f"{quoted(text)} asks two things",
            f'write two lines: "{spelt(Happened(low, None))}" and "{spelt(Happened(None, high))}"',
        )
    truths = {"yes": Happened(1, None), "no": Happened(None, 0), "true": Happened(1, None)}
    if text.lower() in truths:
        meant = spelt(truths[text.lower()])
        return Refusal(f"an event happens a number of times; it is not {quoted(text)}", None, meant)
    return None


def _window(text: str | None) -> EventWindow | Refusal:
    if text is None:
        return None
    if re.fullmatch(r"since (?:the )?start", text, re.IGNORECASE):
        return SinceStart()
    if text.lower().startswith("since"):
        return Refusal(
            f"cannot count {quoted(text)}",
            'an event is counted "since start" or "in the last 30 days"',
        )
    match = _LAST.fullmatch(text)
    if match is None:
        return _refused_window(text)
    length = _length_behind(match["length"])
    return InLast(length) if isinstance(length, Length) else length


def _refused_window(text: str) -> Refusal | None:
    """Say how to write `in 30 days`, which looks back when it is said of what has happened."""
    match = re.fullmatch(r"(?:with)?in (?P<length>.+)", text, re.IGNORECASE)
    length = parse_length(match["length"]) if match else None
    if not isinstance(length, Length):
        return None
    message = f"{quoted(text)} does not say from when"
    return Refusal(message, f'write "in the last {length}"', str(length))


def _length_behind(text: str) -> Length | Refusal | None:
    length = parse_length(text)
    if isinstance(length, Length) and length.unit.is_working:
        return Refusal(
            f'"{length}" belong to a team\'s calendar, and customers have none',
            "count in days or weeks",
        )
    if length is None and isinstance(one := parse_length(f"1 {text}"), Length):
        return Refusal(f"{quoted(text)} has no number before it", None, str(one))
    return length


def _change(match: re.Match[str], length: Length, said: str) -> MetricChange | Refusal:
    trend = Trend.DOWN if match["trend"].lower() in _DOWN else Trend.UP
    share = Decimal(match["share"]) / 100
    change = MetricChange(trend, share, length)
    if not match["least"] and not match["more"]:
        return Refusal(f'{quoted(said)} needs "at least" before its share', None, spelt(change))
    if share == 0 or (trend is Trend.DOWN and share > 1):
        can = "every change is at least 0%" if share == 0 else "nothing falls by more than 100%"
        return Refusal(f"{quoted(said)} cannot be meant: {can}", METRIC_HINT)
    return change


def _refused_metric(said: str) -> Refusal | None:
    if parse_comparison(said) is not None or _CHANGE.fullmatch(said):
        return Refusal(
            f"{quoted(said)} needs a time over which to add up",
            f'for example "{said} over the last 30 days"',
        )
    if re.search(r"since (?:the )?start$", said, re.IGNORECASE):
        return Refusal(
            "a metric is not counted since the start",
            'write a time, for example "at least 40 over the last 7 days"',
        )
    return None


def _at_least(count: int) -> tuple[int | None, int | None]:
    return (count, None)


def _at_most(count: int) -> tuple[int | None, int | None]:
    return (None, count)


_Bound = Callable[[int], tuple[int | None, int | None]]
_BOUNDS: dict[str, _Bound] = {
    **dict.fromkeys(
        ("at least", ">=", "minimum", "min", "no less than", "not less than"), _at_least
    ),
    **dict.fromkeys(("or more", "+", "times or more"), _at_least),
    **dict.fromkeys(("more than", ">", "over"), lambda count: _at_least(count + 1)),
    **dict.fromkeys(
        ("at most", "<=", "maximum", "max", "up to", "no more than", "not more than"), _at_most
    ),
    **dict.fromkeys(("or less", "or fewer", "times or fewer", "times or less"), _at_most),
    **dict.fromkeys(
        ("below", "<", "less than", "fewer than", "under"), lambda count: _at_most(count - 1)
    ),
}
_AFTER_COUNT = (
    "times or more",
    "times or fewer",
    "times or less",
    "or more",
    "or less",
    "or fewer",
    "+",
)
_DOWN = {"down", "fell", "dropped", "decreased", "falls", "drops"}

_BEFORE_COUNT = sorted(set(_BOUNDS) - set(_AFTER_COUNT), key=len, reverse=True)
_COUNT = re.compile(
    rf"(?:(?P<before>{'|'.join(re.escape(word) for word in _BEFORE_COUNT)}) ?)?"
    rf"(?P<count>once|twice|{COUNT})"
    rf"(?: ?(?P<after>{'|'.join(re.escape(word) for word in _AFTER_COUNT)}))?(?: times?)?",
)
_WINDOW_WORD = r"(?:since|in|within|during|over|last)"
_EVENT = re.compile(
    rf"(?P<count>(?:(?! {_WINDOW_WORD} |^{_WINDOW_WORD} ).)*)(?: ?(?P<window>{_WINDOW_WORD} .+))?",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"(?:(?:in|within|during|over) (?:the )?)?(?:last|past) (?P<length>.+)", re.IGNORECASE
)
_METRIC = re.compile(
    r"(?P<what>.+?) (?:over|in|within|during) (?:the )?(?:last|past) (?P<length>.+)", re.IGNORECASE
)
_CHANGE = re.compile(
    r"(?P<trend>down|fell|falls|dropped|drops|decreased|up|rose|rises|grew|increased)(?: by)?"
    r" (?P<least>at least |>= ?|minimum )?(?P<share>[0-9]{1,4}(?:\.[0-9]{1,6})?)"
    r" ?(?:%|percent)(?P<more> or more)?",
    re.IGNORECASE,
)
