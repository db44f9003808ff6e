"""The last touch on the texts of a message: subjects on one line, texts without control signs."""

from __future__ import annotations

import json

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
#: CR, LF and every other control sign become a blank: a header ends where its line ends.
_ON_ONE_LINE = dict.fromkeys(_CONTROLS, " ")
_WITHOUT_CONTROLS = {sign: None for sign in _CONTROLS if sign not in (0x09, 0x0A)}


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
