"""The last touch on the texts of a message: subjects on one line, texts without control signs."""

from __future__ import annotations

import json
import re

from keepwarm.engine.templates.parts import Loose

_LINE_ENDS = (0x0A, 0x0D, 0x85, 0x2028, 0x2029)
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
#: CR, LF and every other control sign become a blank: a header ends where its line ends.
_ON_ONE_LINE = dict.fromkeys(_CONTROLS, " ")
_WITHOUT_CONTROLS = {sign: None for sign in _CONTROLS if sign not in (0x09, 0x0A)}

_BLANKS = re.compile(r"[ \t]{2,}")
_AT_LINE_END = re.compile(r"[ \t]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")


def as_it_is(text: str) -> str:
    """Give the text."""
    return text


def on_one_line(text: str) -> str:
    """Give a text without line ends and other control signs."""
    return text if text.isprintable() else text.translate(_ON_ONE_LINE)


def without_controls(text: str) -> str:
    """Give a text whose only control signs are tabs and line feeds."""
    return text if text.isprintable() else text.translate(_WITHOUT_CONTROLS)


def inside_json(text: str) -> str:
    """Give a text as it stands between the quotes of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


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
