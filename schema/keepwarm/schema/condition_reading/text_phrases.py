"""Tests on a text, a choice, and on what is yes or no: `pro`, `one of pro, team`, `contains …`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from keepwarm.schema.condition_reading.slips import put_right
from keepwarm.schema.condition_reading.spelling import spelt
from keepwarm.schema.conditions import Contains, IsKnown, IsTrue, OneOf, StartsWith
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
    if (meant := put_right(said)) and isinstance(it := read_choice(meant, name, choices), OneOf):
        return Refusal(f"cannot read {quoted(said)} as a test on {name}", hint, spelt(it))
    near = closest(wrong, choices)
    if near is None:
        return Refusal(f'"{name}" is never {quoted(wrong)}', hint)
    mended = tuple(closest(value, choices) or value for value in found.values)
    whole = spelt(OneOf(mended, found.negated)) if set(mended) <= set(choices) else None
    return Refusal(f'"{name}" is never {quoted(wrong)}; did you mean "{near}"?', hint, whole)


def _refused_text(said: str, name: str, text: str, *, negated: bool) -> Refusal | None:
    if (wrong := _no_test(said, name)) is not None:
        return wrong
    if (meant := _meant(said, text)) is not None:
        itself = f'for a text that reads "{said}", write "one of {said}"'
        hint = TEXT_HINT if "," in said else itself
        return Refusal(f"cannot read {quoted(said)} as a test on {name}", hint, meant)
    if said.lower() in _UNFINISHED:
        return Refusal(_unfinished(said), TEXT_HINT)
    if _ORDERED.match(put_right(text) or text):
        return Refusal(f'"{name}" is a text, and {quoted(said)} is not a test on a text', TEXT_HINT)
    if "," in text or re.search(r" or ", text):
        if len(values := _values(text)) < 2:  # noqa: PLR2004  a comma and nothing behind it
            return Refusal(_unfinished(said), TEXT_HINT)
        values = (re.sub("^in ", "", values[0], flags=re.IGNORECASE), *values[1:])
        several = spelt(OneOf(values, negated))
        return Refusal(
            f"{quoted(said)} is more than one text",
            f'write "{several}" to test for each of them',
            several,
        )
    return None


def _unfinished(said: str) -> str:
    return f"{quoted(said)} is not finished"


def _no_test(said: str, name: str) -> Refusal | None:
    """Refuse what other languages ask of a text, and this one does not."""
    if _OF_ITS_END.match(said):
        return Refusal(f"{quoted(said)} is not a test on a text: none asks how one ends", TEXT_HINT)
    match = _NO_PART.fullmatch(said)
    if match is None:
        return None
    way = "contains" if match["way"].lower().startswith("contain") else "starts with"
    return Refusal(
        f"{quoted(said)} is not a test on a text",
        f'write "- none:" and, under it, "- {name}: {way} {match["text"]}"',
    )


def _meant(said: str, text: str) -> str | None:
    """Give what a text with a slip of a phrase in it was meant to be; None without one."""
    if (is_known := _KNOWN.get(said.lower())) is not None:
        return spelt(IsKnown(is_known))
    meant = put_right(said) or put_right(text)
    if meant is None or meant in ("known", "unknown"):
        return meant
    found = read_text(meant, text)
    return found.replacement if isinstance(found, Refusal) else spelt(found)


def _values(text: str) -> tuple[str, ...]:
    parts = re.split(r" ?, ?(?:or |and )?| or ", text)
    return tuple(dict.fromkeys(part for part in parts if part))


def _says_not(head: str | None) -> bool:
    return bool(head) and re.match(r"n|is n|isn|!|<>", head or "", re.IGNORECASE) is not None


_UNFINISHED = frozenset(
    {"not", "is", "is not", "begins with", "any of", "one of", "none of", "starts with", "contains"}
)
#: What can only be meant to ask whether a text is known.
_KNOWN = {
    "is known": True, "not unknown": True, "is not unknown": True, "is set": True,
    "is unknown": False, "not known": False, "is not known": False, "is missing": False,
    "is empty": False, "not set": False, "is not set": False,
}  # fmt: skip
_NO_PART = re.compile(
    r"(?:does ?n['\u2019]?o?t|not) (?P<way>contains?|(?:starts?|begins?) with) (?P<text>.+)",
    re.IGNORECASE,
)
_OF_ITS_END = re.compile(r"(?:(?:does ?n['\u2019]?o?t|not) )?ends? with ", re.IGNORECASE)
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
