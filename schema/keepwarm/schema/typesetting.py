"""How wide a text stands in a terminal, and how a line from a file is safely shown in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Columns of a terminal that a source line may take.
WIDEST = 100
#: Columns that are kept before the fault when its line is shortened.
_KEPT_BEFORE = 30
_TAB_STOP = 4
_CUT = "…"
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"

#: What a terminal would obey rather than show, and what turns the reading direction.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A source line as it is shown, and where the carets go; both count columns of a terminal."""

    text: str
    before: int
    width: int


def printable(text: str) -> str:
    """Give the text on one line, without anything that a terminal would obey."""
    return _UNPRINTABLE.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))


def display_width(text: str) -> int:
    """Give how many columns of a terminal the text takes: CJK and emoji two, accents none."""
    return sum(width for _, width in _cells(text))


def excerpt(line: str, start: int, end: int) -> Excerpt:
    """Give what to show of a line for the stretch from `start` to `end` (code points from 0).

    A long line is cut on both sides of the stretch; a tab becomes spaces.
    """
    start = min(start, len(line))
    end = max(start, min(end, len(line)))
    first = max(0, start - WIDEST)  # a line can be as long as its file: look at no more than shows
    cells = list(_cells(line[first : start + 2 * WIDEST]))
    start, end = start - first, end - first
    before = sum(width for _, width in cells[:start])
    cut_left = bool(first) or before > WIDEST - _KEPT_BEFORE
    while cut_left and before > _KEPT_BEFORE and start:
        before -= cells.pop(0)[1]
        start, end, first = start - 1, end - 1, first + 1
    shown, width = _fitting(cells, WIDEST - 2 * len(_CUT))
    cut_right = first + len(shown) < len(line)
    text = "".join(text for text, _ in shown)
    carets = sum(width for _, width in shown[start:end])
    cut = len(_CUT) if first else 0
    return Excerpt(
        f"{_CUT if first else ''}{text}{_CUT if cut_right else ''}".rstrip(),
        before + cut,
        max(1, min(carets, width)),
    )


def _fitting(cells: list[tuple[str, int]], most: int) -> tuple[list[tuple[str, int]], int]:
    """Give the first cells that fit in so many columns, and the columns that they take."""
    taken = 0
    for count, (_, width) in enumerate(cells):
        if taken + width > most:
            return cells[:count], taken
        taken += width
    return cells, taken


def _cells(text: str) -> Iterator[tuple[str, int]]:
    """Give each character as it is shown, with the columns that it takes."""
    column, last_width, is_joined = 0, 0, False
    for character in text:
        shown, width = character, _character_width(character)
        if character == "\t":
            width = _TAB_STOP - column % _TAB_STOP
            shown = " " * width
        elif _UNPRINTABLE.match(character):
            shown, width = "\ufffd", 1
        elif character == _EMOJI_STYLE:
            width = 1 if last_width == 1 else 0
        elif is_joined or ("\U0001f3fb" <= character <= "\U0001f3ff" and last_width == _WIDE):
            width = 0
        is_joined = character == _JOINER and last_width > 0
        last_width = width or last_width
        column += width
        yield shown, width


def _character_width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"} or "\u1160" <= character <= "\u11ff":
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in {"W", "F"} else 1


_WIDE = 2
