"""How wide a text is, and where it may be broken, without a font at hand.

Widths are those of DejaVu Sans, the widest of the fonts that pages fall back to; in all others a
text takes a little less, so that nothing that fits here is cut there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import combining, east_asian_width

#: Characters of about one width, in hundredths of the font's size.
_ALIKE: Final = {
    28: "ijlI'JÌÍÎÏìíîï|",
    34: ".,:;/\\ !f·",
    40: "trt-()[]{}",
    50: '_czs"*°',
    60: "aeokvxyFELTYP?",
    64: "bdghnpquASBKRXZVC0123456789$€£",
    78: "NUHGDOQ&",
    84: "wM+=<>~^→✓✗",
    100: "mW@%…—",
}
_WIDTHS: Final = {sign: width / 100 for width, signs in _ALIKE.items() for sign in signs}
_OTHERS: Final = 0.7
_WIDE: Final = 1.15
#: Bold takes this much more.
_BOLD: Final = 1.1

#: A piece ends behind what a line may be broken after.
_PIECES: Final = re.compile(r"[^\s/\-_.,:]*[\s/\-_.,:]+|[^\s/\-_.,:]+")


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Give how wide a text is in a font of this size."""
    wide = sum(map(_width, text)) * size
    return wide * _BOLD if bold else wide


def _width(sign: str) -> float:
    known = _WIDTHS.get(sign)
    if known is not None:
        return known
    if combining(sign):
        return 0.0
    return _WIDE if east_asian_width(sign) in "WF" else _OTHERS


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines that fit; a word that is wider than the room is broken too."""
    lines: list[str] = []
    line = ""
    for piece in _fitting_pieces(" ".join(text.split()), room, size, bold=bold):
        if line and width_of((line + piece).rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _fitting_pieces(text: str, room: float, size: float, *, bold: bool) -> Iterator[str]:
    for piece in _PIECES.findall(text):
        part = ""
        for sign in piece:
            if part and width_of((part + sign).rstrip(), size, bold=bold) > room:
                yield part
                part = ""
            part += sign
        yield part
