"""The words of every language that dates and money can be written in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from keepwarm.engine.templates.local_words import ENGLISH, LOCAL_WORDS, LocalWords
from keepwarm.engine.templates.words_of_asia import WORDS_OF_ASIA
from keepwarm.engine.templates.words_of_eastern_europe import WORDS_OF_EASTERN_EUROPE
from keepwarm.engine.templates.words_of_northern_europe import WORDS_OF_NORTHERN_EUROPE
from keepwarm.engine.templates.words_of_southern_europe import WORDS_OF_SOUTHERN_EUROPE

LANGUAGES: Final[Mapping[str, LocalWords]] = MappingProxyType(
    {
        **WORDS_OF_NORTHERN_EUROPE,
        **WORDS_OF_SOUTHERN_EUROPE,
        **WORDS_OF_EASTERN_EUROPE,
        **WORDS_OF_ASIA,
        **LOCAL_WORDS,
    }
)
#: Other tags of the same languages.
_ALSO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no": "nb", "iw": "he", "in": "id",
        "zh-tw": "zh-hant", "zh-hk": "zh-hant", "zh-mo": "zh-hant",
    }
)  # fmt: skip


def local_words(language: str | None) -> LocalWords:
    """Give the words of a language, English where they are not known."""
    return known_words(language or "en") or ENGLISH


@lru_cache(maxsize=1_024)
def known_words(language: str) -> LocalWords | None:
    """Give the words of a language: of `pt-BR` itself, else of `pt`; None where none is known."""
    parts = language.replace("_", "-").lower().split("-")
    for length in range(len(parts), 0, -1):
        tag = "-".join(parts[:length])
        if (found := LANGUAGES.get(_ALSO.get(tag, tag))) is not None:
            return found
    return None
