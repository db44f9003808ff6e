"""Slips in the first words of a phrase: `isnt pro`, `one_of pro, team`, `contians gmail`.

Where anything may be a text, only what is nearly surely a slip is taken for one: words of a phrase
with other signs between them, and words that one letter parts from those of a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from keepwarm.schema.suggestions import is_one_slip


def put_right(said: str) -> str | None:
    """Give a text with the first words of a phrase put right; None where it has no slip in them."""
    if " " not in said:
        return _one_word(said.lower())
    words = said.split(" ")
    for many in range(min(3, len(words) - 1), 0, -1):
        first, rest = " ".join(words[:many]).lower(), " ".join(words[many:])
        if first in _AS_WRITTEN:
            return None
        letters = re.sub("[ _'\u2019-]", "", first)
        head = _BY_LETTERS.get(letters) or (rest[0].isdigit() and _BEFORE_NUMBERS.get(letters))
        head = head or _misspelt(first)
        if head:
            return f"{head} {rest}"
    return None


def _one_word(word: str) -> str | None:
    if word != "unknown" and is_one_slip(word, "unknown"):
        return "unknown"
    return "known" if word != "known" and sorted(word) == sorted("known") else None


def _misspelt(first: str) -> str | None:
    words = first.split(" ")
    for head in _HEADS:
        wanted = head.split(" ")
        if len(words) == len(wanted) and all(map(_is_slip, words, wanted)):
            return head
    return None


def _is_slip(word: str, wanted: str) -> bool:
    """Tell whether a word is another, or has a slip; of short words others are one letter away."""
    if word == wanted:
        return True
    if not word or word[0] != wanted[0] or not is_one_slip(word, wanted):
        return sorted(word) == sorted(wanted) and len(wanted) > len("not")
    if len(wanted) > len("none"):
        return True
    if len(wanted) < len("none"):
        return sorted(word) == sorted(wanted) or word == wanted + wanted[-1]
    return len(word) != len(wanted) or sorted(word) == sorted(wanted)


#: First words of phrases that are read as they stand.
_AS_WRITTEN: Final = frozenset(
    {
        "not", "is", "is not", "isn't", "one of", "none of", "any of", "not one of", "not any of",
        "is one of", "is none of", "is any of", "contains", "starts with", "begins with",
        "at least", "at most", "more than", "less than", "fewer than",
    }
)  # fmt: skip
#: Their letters, whatever stands between them, and what is said for them.
_BY_LETTERS: Final[Mapping[str, str]] = {
    "isnt": "not", "isnot": "not", "oneof": "one of", "isoneof": "one of", "noneof": "none of",
    "isnoneof": "none of", "notoneof": "none of", "isnotoneof": "none of", "anyof": "one of",
    "isanyof": "one of", "startswith": "starts with", "beginswith": "starts with",
    "equals": "is", "equalto": "is", "isequalto": "is", "notequalto": "not",
    "isnotequalto": "not", "doesnotequal": "not", "doesntequal": "not",
}  # fmt: skip
_BEFORE_NUMBERS: Final[Mapping[str, str]] = {
    "atleast": "at least", "atmost": "at most", "morethan": "more than",
    "lessthan": "less than", "fewerthan": "fewer than",
}  # fmt: skip
_HEADS: Final = (
    "one of", "none of", "is one of", "is none of", "contains", "starts with", "begins with", "not",
    "is not",
)  # fmt: skip
