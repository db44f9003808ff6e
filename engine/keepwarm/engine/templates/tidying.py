"""The last touch on a whole text once it is put together: its ends, its empty lines."""

from __future__ import annotations

import re

from keepwarm.engine.templates.parts import Loose

_BLANKS = re.compile(r"[ \t]{2,}")
_AT_LINE_END = re.compile(r"[ \t]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")


def left_alone(parts: Loose) -> Loose:
    """Give the parts of a text."""
    return parts


def without_ends(parts: Loose) -> Loose:
    """Give the parts of a text without white space at its beginning and end."""
    trimmed = list(parts)
    if trimmed and isinstance(trimmed[0], str):
        trimmed[0] = trimmed[0].lstrip()
    if trimmed and isinstance(last := trimmed[-1], str):
        trimmed[-1] = last.rstrip()
    return [part for part in trimmed if part != ""]


def in_good_order(parts: Loose) -> Loose:
    """Give the parts of a text that was made from HTML: no empty lines but one, no blank ends."""
    return without_ends([_tidied(part) if isinstance(part, str) else part for part in parts])


def _tidied(text: str) -> str:
    text = _AT_LINE_END.sub("\n", _BLANKS.sub(" ", text))
    return _EMPTY_LINES.sub("\n\n", text)
