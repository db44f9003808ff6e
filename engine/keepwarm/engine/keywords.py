"""What a text from a customer asks for, where one word decides it (law 25)."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final


class Keyword(StrEnum):
    """What the word asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


#: Source: the words that carriers in North America honour, and the FCC's list of 2025.
_WORDS: Final = {
    Keyword.STOP: ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
    Keyword.START: ("start", "unstop", "yes"),
    Keyword.HELP: ("help", "info"),
}
_KEYWORDS: Final = {word: keyword for keyword, words in _WORDS.items() for word in words}
_LETTERS: Final = re.compile(r"[^\W\d_]+")
#: Two words that are one.
_TOGETHER: Final = {("opt", "out"): "optout", ("stop", "all"): "stopall"}


def keyword_in(text: str) -> Keyword | None:
    """Give what a text asks for: the whole text must be the word, whatever its case and signs.

    "Stop!" and "opt-out" are words; "can't stop using it" is not, and is for a person to read.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = tuple(_LETTERS.findall(folded))
    if any(sign.isdigit() for sign in folded):
        return None
    word = _TOGETHER.get(words) if len(words) == 2 else None  # noqa: PLR2004 - two words
    if word is None and len(words) == 1:
        word = words[0]
    return _KEYWORDS.get(word or "")
