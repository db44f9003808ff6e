"""Tests on a text, a choice, and on what is yes or no: `pro`, `one of pro, team`, `contains …`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from keepwarm.schema.condition_reading.spelling import spelt
from keepwarm.schema.conditions import Contains, IsTrue, OneOf, StartsWith
from keepwarm.schema.reading import TRUTHS, Refusal
from keepwarm.schema.suggestions import closest, quoted

TextPhrase: TypeAlias = OneOf | Contains | StartsWith

TEXT_HINT = (
    'you can write: "gmail"; "not gmail"; "one of nl, be"; "none of nl, be"; "contains gmail"; '
    '"starts with +44"; "known"; "unknown"'
)


def parse_truth(said: str) -> IsTrue | None:
    """Parse `yes` or `no`; None where the text is neither."""
    wanted = TRUTHS.get(said.lower().removeprefix("is ").removeprefix("= "))
    return None if wanted is None else IsTrue(wanted)


def read_choice(said: str, name: str, choices: Sequence[str]) -> OneOf | Refusal:
    """Read a test on a choice; each value must be one that the catalog declares."""
    found = _choice_values(said, choices)
    if not found.values:
        hint = f"it is one of: {', '.join(choices)}"
        return Refusal(_unfinished(said), hint)
    wrong = [value for value in found.values if value not in choices]
    if not wrong:
        return OneOf(tuple(dict.fromkeys(found.values)), found.negated)
    return _refused_choice(said, name, found, wrong[0], choices)


def read_text(said: str, name: str) -> TextPhrase | Refusal:
    """Read a test on a text; whatever is no phrase is the text itself."""
    if match := _CONTAINS.fullmatch(said):
        return Contains(match["text"])
    if match := _STARTS.fullmatch(said):
        return StartsWith(match["text"])
    if match := _SEVERAL_TEXTS.fullmatch(said):
        said_values, negated = match["values"], _says_not(match["head"])
        if match["head"].lower() == "neither":
            said_values = said_values.replace(" nor ", " or ")
        values = _values(said_values)
        return OneOf(values, negated) if values else Refusal(_unfinished(said), TEXT_HINT)
    match = _ONE.fullmatch(said)
    negated, text = (_says_not(match["head"]), match["value"]) if match else (False, said)
    return _refused_text(said, name, text, negated=negated) or OneOf((text,), negated)


@dataclass(frozen=True, slots=True)
class _Values:
    values: tuple[str, ...]
    negated: bool


def _choice_values(said: str, choices: Sequence[str]) -> _Values:
    """Split a test on a choice into its values; a single value may be any text at all."""
    if said in choices:
        return _Values((said,), negated=False)
    if match := _SEVERAL.fullmatch(said):
        values = match["values"].replace(" nor ", " or ")
        return _Values(_choices_in(values, choices), _says_not(match["head"]))
    match = _ONE.fullmatch(said)
    negated, text = (_says_not(match["head"]), match["value"]) if match else (False, said)
    values = (text,) if text in choices else _choices_in(text, choices)
    return _Values(values, negated)


def _choices_in(text: str, choices: Sequence[str]) -> tuple[str, ...]:
    """Split a list of choices, by commas or by what else people write between them."""
    parted = (
        (part,) if part in choices else re.split(r" ?[;/|] ?| and ", part) for part in _values(text)
    )
    return tuple(dict.fromkeys(part for parts in parted for part in parts if part))


def _refused_choice(
    said: str, name: str, found: _Values, wrong: str, choices: Sequence[str]
) -> Refusal:
    hint = f"it is one of: {', '.join(choices)}"
    if _OTHER_TEST.match(said):
        return Refusal(f'"{name}" is a choice, and {quoted(said)} is not a test on a choice', hint)
    # The first words of a phrase with a slip in it: "one off pro, team".
    if (head := _slip(said)) and isinstance(read_choice(head, name, choices), OneOf):
        return Refusal(f"cannot read {quoted(said)} as a test on {name}", hint, head)
    near = closest(wrong, choices)
    if near is None:
        return Refusal(f'"{name}" is never {quoted(wrong)}', hint)
    mended = tuple(closest(value, choices) or value for value in found.values)
    whole = spelt(OneOf(mended, found.negated)) if set(mended) <= set(choices) else None
    return Refusal(f'"{name}" is never {quoted(wrong)}; did you mean "{near}"?', hint, whole)


def _refused_text(said: str, name: str, text: str, *, negated: bool) -> Refusal | None:
    if (head := _slip(text)) and not isinstance(read_text(head, name), Refusal):
        return Refusal(f"cannot read {quoted(said)} as a test on {name}", TEXT_HINT, head)
    if said.lower() in _UNFINISHED:
        return Refusal(_unfinished(said), TEXT_HINT)
    if _ORDERED.match(text):
        return Refusal(f'"{name}" is a text, and {quoted(said)} is not a test on a text', TEXT_HINT)
    if "," in text or re.search(r" or ", text):
        if len(values := _values(text)) < 2:  # noqa: PLR2004  a comma and nothing behind it
            return Refusal(_unfinished(said), TEXT_HINT)
        several = spelt(OneOf(values, negated))
        return Refusal(
            f"{quoted(said)} is more than one text",
            f'write "{several}" to test for each of them',
            several,
        )
    return None


def _unfinished(said: str) -> str:
    return f"{quoted(said)} is not finished"


def _slip(said: str) -> str | None:
    """Give the phrase that begins with nearly the words of one, put right."""
    for head in _HEADS:
        wanted = head.split()
        *start, rest = said.split(" ", len(wanted))
        if len(start) < len(wanted) or " ".join(start).lower() in _HEADS:
            continue
        if all(closest(a, [b]) for a, b in zip(start, wanted, strict=True)):
            return f"{head} {rest}"
    return None


def _values(text: str) -> tuple[str, ...]:
    parts = re.split(r" ?, ?(?:or |and )?| or ", text)
    return tuple(dict.fromkeys(part for part in parts if part))


def _says_not(head: str | None) -> bool:
    return bool(head) and re.match(r"n|is n|isn|!|<>", head or "", re.IGNORECASE) is not None


#: Beginnings of phrases; a slip in them is a slip, and not a text.
_HEADS = ("one of", "none of", "starts with", "contains")
_UNFINISHED = frozenset({"not", "is", "is not", "begins with", "any of", *_HEADS})
_CONTAINS = re.compile(r"contains (?P<text>.+)", re.IGNORECASE)
_STARTS = re.compile(r"(?:starts|begins) with (?P<text>.+)", re.IGNORECASE)
_SEVERAL = re.compile(
    r"(?P<head>(?:is )?(?:not )?(?:one of|any of|either|in)|(?:is )?(?:none of|neither|not in))"
    r" (?P<values>.+)",
    re.IGNORECASE,
)
_SEVERAL_TEXTS = re.compile(
    r"(?P<head>(?:is )?(?:not )?(?:one of|any of)|(?:is )?none of|either(?=.* or )"
    r"|neither(?=.* nor )) (?P<values>.+)",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"(?P<head>(?:is )?not|is|isn['\u2019]t|!=|<>|==?) ?(?P<value>(?<= ).+|(?<==)[^ ].*)",
    re.IGNORECASE,
)
_ORDERED = re.compile(
    r"[<>]|(?:at least|at most|more than|less than|fewer than|has) |between .* and "
    r"|in the (?:top|bottom|last|next)\b|never$",
    re.IGNORECASE,
)
_OTHER_TEST = re.compile(
    rf"{_ORDERED.pattern}|(?:contains|starts with|begins with) ", re.IGNORECASE
)
