"""About how tall a mail is, so that its frame fits: one that runs nothing cannot tell itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Final

#: Letters on a line of a mail on a desktop, where mails are 600 pixels wide, and on a phone.
_ON_A_DESKTOP, _ON_A_PHONE = 78, 44
#: In rem: a line, what stands around words and buttons, a picture, and the edges of a mail.
_LINE, _AROUND, _PICTURE, _EDGES = 1.8, 1.4, 12, 5
#: Frames grow by steps of so many rem, and no further than this many steps.
_STEP: Final = 4
_MOST_STEPS: Final = 40
_IMAGE: Final = re.compile(r"<img\b(?![^>]*\bheight=[\"']?[01]\b)", re.IGNORECASE)


def frame_classes(html: str, words: str) -> str:
    """Give the classes of the frame of a mail, of which the text part is known."""
    steps = (_steps(html, words, width) for width in (_ON_A_DESKTOP, _ON_A_PHONE))
    return " ".join(f"{name}-{each}" for name, each in zip(("tall", "slim"), steps, strict=True))


def height_rules() -> Iterator[str]:
    """Give the rules of style that the classes stand for."""
    for steps in range(1, _MOST_STEPS + 1):
        height = f"height: {steps * _STEP}rem"
        yield f".mail iframe.tall-{steps} {{ {height}; }}"
        yield f"body:has(#as-phone:checked) .mail iframe.slim-{steps} {{ {height}; }}"


def _steps(html: str, words: str, letters: int) -> int:
    lines = words.split("\n")
    tall = sum(ceil(len(line) / letters) * _LINE if line else _AROUND for line in lines)
    tall += _EDGES + len(_IMAGE.findall(html)) * _PICTURE
    return min(max(ceil(tall / _STEP), 3), _MOST_STEPS)
