"""Texts found without regard to case, by patterns that memory and both databases read alike.

No two of them agree on what the lower case of a text is: SQLite folds ASCII only, PostgreSQL
follows the locale it was made with. So the case is put into the pattern: each letter becomes the
class of its own spellings, decided here once, and the databases compare characters.
"""

from __future__ import annotations

import re
from functools import lru_cache

from keepwarm.schema.conditions import Contains, StartsWith

_GLOB_SIGNS = "*?["


@lru_cache(maxsize=4096)
def spellings(letter: str) -> str:
    """Give the single characters that one character may stand for, itself among them, sorted."""
    lower, upper = letter.lower(), letter.upper()
    found = {letter, lower, upper, lower.upper(), upper.lower()}
    return "".join(sorted(each for each in found if len(each) == 1))


@lru_cache(maxsize=4096)
def regex(phrase: Contains | StartsWith) -> str:
    """Give the regular expression, in the words that Python and PostgreSQL share."""
    body = "".join(_in_regex(letter) for letter in phrase.text)
    return f"^{body}" if isinstance(phrase, StartsWith) else body


@lru_cache(maxsize=4096)
def glob(phrase: Contains | StartsWith) -> str:
    """Give SQLite's GLOB pattern of the same meaning."""
    body = "".join(_in_glob(letter) for letter in phrase.text)
    return f"{body}*" if isinstance(phrase, StartsWith) else f"*{body}*"


def _in_regex(letter: str) -> str:
    several = spellings(letter)
    if len(several) > 1:
        return f"[{several}]"
    return re.escape(letter)


def _in_glob(letter: str) -> str:
    several = spellings(letter)
    if len(several) > 1 or letter in _GLOB_SIGNS:
        return f"[{several}]"
    return letter
