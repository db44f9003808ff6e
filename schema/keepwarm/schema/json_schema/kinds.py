"""What may be asked of each kind of fact, as patterns, examples and sentences for editors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from keepwarm.schema.condition_reading.date_phrases import DATE_HINT
from keepwarm.schema.condition_reading.event_phrases import EVENT_HINT, METRIC_HINT
from keepwarm.schema.condition_reading.number_phrases import NUMBER_HINT
from keepwarm.schema.condition_reading.tag_phrases import TAGS_HINT
from keepwarm.schema.condition_reading.text_phrases import TEXT_HINT
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.json_schema.instances import plain_value
from keepwarm.schema.json_schema.patterns import DATE, LENGTH, RANK, either, loose, phrase
from keepwarm.schema.reading import COUNT, NUMBER_WORDS

#: What an editor makes of a value with no quotes: YAML reads 3 as a number, true as a truth.
SCALAR_TYPES = ("string", "number", "boolean")


@dataclass(frozen=True, slots=True)
class Asked:
    """What may stand behind the name of a fact."""

    #: Of JSON Schema; the pattern holds for strings alone.
    types: tuple[str, ...]
    #: None where any text may stand.
    pattern: str | None
    examples: tuple[str, ...]
    #: How to mend what does not fit.
    hint: str


def asked_of(kind: FactKind, choices: Sequence[str] = (), unit: str = "") -> Asked:
    """Give what may be asked of a fact of this kind."""
    match kind:
        case FactKind.NUMBER:
            return _number(unit)
        case FactKind.CHOICE:
            return _choice(choices)
        case FactKind.TEXT:
            return _TEXT
        case FactKind.TRUTH:
            return _TRUTH
        case FactKind.SEGMENT:
            return _SEGMENT
        case FactKind.DATE | FactKind.MOMENT:
            return _DATE
        case FactKind.EVENT:
            return _EVENT
        case FactKind.METRIC:
            return _METRIC
        case FactKind.TAGS:
            return _TAGS
        case FactKind.STEP:
            return asked_of_a_step(())
        case _:
            assert_never(kind)


def asked_of_a_step(outcomes: Sequence[str]) -> Asked:
    """Give what may be asked of a named step; `outcomes` are those of the catalog's tasks."""
    results = (*_RESULTS, *outcomes)
    forms = "|".join(loose(word).replace(r"\s+", r"[\s-]+") for word in _RESULTS)
    joint = r"(?:(?:\s*,)+\s*|\s+or\s+)"
    result = f"(?:{'|'.join(part for part in (forms, either(outcomes)) if part)})"
    return Asked(
        ("string",),
        rf"^\s*(?:(?:{loose(_HEADS)}\s*)?(?:{joint})?{result}(?:{joint}{result})*\s*,*"
        rf"|{loose(_KNOWN)})\s*$",
        results[:2],
        "it is neither a fact of the catalog nor asked as the end of a step is: "
        + ", ".join(f'"{word}"' for word in results),
    )


def _number(unit: str) -> Asked:
    around = loose(f"(?:{either([unit])})") if unit else ""
    number = rf"(?:{around}\s*)?{_NUMBER}(?:\s*{around})?" if unit else _NUMBER
    forms = (
        rf"(?:{loose(_BEFORE)}\s*)?{number}(?:\s*{loose(_AFTER)})?",
        rf"(?:{loose('(?:is )?between |from ')})?{number}{loose(' (?:and|to) ')}{number}",
        loose(RANK),
        loose(f"{_KNOWN}|{_OTHER_KNOWN}"),
    )
    return Asked(
        ("string", "number"),
        rf"^\s*(?:{'|'.join(forms)})\s*$",
        ("at least 2", "more than 2", "at most 2", "below 50", "between 1 and 5", "in the top 10%"),
        NUMBER_HINT,
    )


def _choice(choices: Sequence[str]) -> Asked:
    choice = f"(?:{either(choices)})"
    known = f"{_KNOWN}|{_OTHER_KNOWN}"
    joint = rf"(?:\s*(?:[,;/|]\s*{loose('(?:or |and )?')})+|{loose(' (?:n?or|and) ')})"
    values = rf"(?:{loose(_HEADS)}\s*)?(?:{joint})?{choice}(?:{joint}{choice})*\s*[,;/|]*"
    pattern = rf"^\s*(?:{values}|{loose(known)})\s*$"
    several = choices[:2]
    examples = (*choices, f"not {choices[0]}", f"one of {', '.join(several)}") if choices else ()
    hint = f"it is one of: {', '.join(choices)}"
    return Asked(_types_of(choices), pattern, examples, hint)


def _types_of(choices: Sequence[str]) -> tuple[str, ...]:
    """Give what YAML may take a choice for: `1` is a number to it, and `true` a truth value."""
    plain = [plain_value(choice) for choice in choices]
    is_number = any(type(value) in (int, float) for value in plain)
    is_truth = any(isinstance(value, bool) for value in plain)
    return ("string", *["number"] * is_number, *["boolean"] * is_truth)


_NUMBER_WORDS = loose(either(word for word in NUMBER_WORDS if word[0] != "a"))
_NUMBER = rf"(?:-?[0-9]{{1,15}}(?:\.[0-9]{{1,9}})?|{_NUMBER_WORDS})"
_KNOWN = "known|unknown"
_OTHER_KNOWN = (
    "is known|not unknown|set|is set|is unknown|not known|missing|is missing|empty|is empty"
    "|not set|null|none"
)
_BEFORE = "(?:" + either(
    (
        "is", "=", "==", "exactly", "equals", "equal to", "not", "is not", "!=", "<>",
        "not equal to", "at least", "is at least", ">=", "=>", "≥", "minimum", "min", "min.",
        "more then", "greater then", "less then", "fewer then",
        "no less than", "not less than", "not below", "more than", "is more than", ">", "over",
        "above", "greater than", "higher than", "at most", "is at most", "<=", "=<", "≤",
        "maximum", "max", "max.", "up to", "no more than", "not more than", "not above", "below",
        "is below", "<", "under", "less than", "fewer than", "lower than",
    ),
) + ")"  # fmt: skip
_AFTER = r"(?:or more|or above|or higher|and more|\+|or less|or fewer|or below|or lower)"
_HEADS = (
    "(?:(?:is |was )?(?:(?:not )?(?:one of|any of|either|in)|none of|neither|not in|not)"
    "|is|was|no|!=|<>|==?)"
)
_RESULTS = (
    "happened", "timed out", "done", "late", "open",
    "sent", "delivered", "skipped", "failed", "opened", "clicked",
)  # fmt: skip
_TRUTHS = "(?:is |= ?)?(?:yes|no|true|false|y|n|on|off)"

_TEXT = Asked(
    SCALAR_TYPES,
    None,
    ("contains gmail", "starts with +44", "one of nl, be", "known", "unknown"),
    TEXT_HINT,
)
_TRUTH = Asked(
    ("string", "boolean"),
    phrase(_TRUTHS, _KNOWN, _OTHER_KNOWN),
    ("yes", "no"),
    'you can write: "yes"; "no"; "known"; "unknown"',
)
_SEGMENT = Asked(
    ("string", "boolean"), phrase(_TRUTHS), ("yes", "no"), 'you can write: "yes"; "no"'
)
_DATE = Asked(
    ("string",),
    phrase(
        "(?:is )?today",
        rf"(?:(?:with)?in (?:the )?|during the |over the )?(?:last|past|next|coming) {LENGTH}",
        rf"(?:more than|over|longer than|>) ?{LENGTH} (?:ago|away|from now|in the (?:past|future))",
        rf"older than {LENGTH}|in more than {LENGTH}",
        rf"(?:is )?(?:before|after|earlier than|later than|<|>) ?{DATE}",
        _KNOWN,
        _OTHER_KNOWN,
    ),
    (
        "in the next 90 days",
        "in the last 30 days",
        "more than 60 days ago",
        "more than 10 days away",
        "today",
        "before 2026-01-01",
    ),
    DATE_HINT,
)
_TIMES_BEFORE = (
    "(?:at least|>=|minimum|min|no less than|not less than|more than|>|over|at most|<=|maximum|max"
    "|up to|no more than|not more than|below|<|less than|fewer than|under)"
)
_TIMES_AFTER = r"(?:times or more|times or fewer|times or less|or more|or less|or fewer|\+)"
_WINDOW = (
    rf"(?:since (?:the )?start|(?:(?:in|within|during|over) (?:the )?)?(?:last|past) {LENGTH})"
)
_EVENT = Asked(
    ("string", "number"),
    phrase(
        rf"(?:(?:at least once|ever|never|not|none|zero times|0 times|0"
        rf"|(?:{_TIMES_BEFORE} ?)?(?:once|twice|{COUNT})(?: ?{_TIMES_AFTER})?(?: times?)?)"
        rf"(?: {_WINDOW})?|{_WINDOW})",
        _KNOWN,
    ),
    (
        "never",
        "at least once",
        "at least 3 times",
        "never in the last 30 days",
        "at least once since start",
    ),
    EVENT_HINT,
)
_METRIC = Asked(
    ("string",),
    phrase(
        r"[^ ].* (?:over|in|within|during) (?:the )?(?:last|past) " + LENGTH,
    ),
    (
        "at least 40 over the last 7 days",
        "down at least 30% over the last 30 days",
        "up at least 20% over the last 7 days",
    ),
    METRIC_HINT,
)
_TAGS = Asked(
    ("string",),
    phrase("(?:has|have|contains|includes) .*[^ ].*", _KNOWN, _OTHER_KNOWN),
    ("has vip", "has one of vip, staff", "has none of vip, staff"),
    TAGS_HINT,
)

#: How an editor names each kind.
CALLED: Mapping[FactKind, str] = {
    FactKind.NUMBER: "a number",
    FactKind.TEXT: "a text",
    FactKind.CHOICE: "a choice",
    FactKind.TRUTH: "yes or no",
    FactKind.DATE: "a date",
    FactKind.MOMENT: "a moment",
    FactKind.EVENT: "an event",
    FactKind.METRIC: "a number over time",
    FactKind.TAGS: "tags",
    FactKind.SEGMENT: "a segment",
    FactKind.STEP: "a step",
}
