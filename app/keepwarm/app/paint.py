"""Colours for the terminal, by what they mean; off wherever nobody would see them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Final, TextIO

from keepwarm.app.shown import wants_colour

_OFF: Final = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours, or none: every word says the same without them."""

    on: bool

    def good(self, text: str) -> str:
        """Give a text as what went well: green."""
        return self._painted("32", text)

    def bad(self, text: str) -> str:
        """Give a text as what went wrong: red."""
        return self._painted("31", text)

    def warning(self, text: str) -> str:
        """Give a text as what wants a look: yellow."""
        return self._painted("33", text)

    def strong(self, text: str) -> str:
        """Give a text as a heading: bold."""
        return self._painted("1", text)

    def faint(self, text: str) -> str:
        """Give a text as what may be passed over: dim."""
        return self._painted("2", text)

    def mark(self, sign: str, text: str) -> str:
        """Give a text in the colour of a change: `+` comes, `~` changes, `-` goes."""
        match sign:
            case "+":
                return self.good(text)
            case "-":
                return self.bad(text)
            case _:
                return self.warning(text)

    def _painted(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{_OFF}" if self.on and text else text


def paint_for(given: argparse.Namespace, stream: TextIO) -> Paint:
    """Give the colours for what a command with `add_colour` writes to a stream."""
    return Paint(wants_colour(given, stream))
