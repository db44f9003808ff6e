"""A file while it is being read: its lines as written, and as the parser is shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import Problem

#: A stretch of one line: line, start, end; all from 0, the end excluded.
Stretch = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Mask:
    """A stretch that the parser shall not see: `fill` stands for each of its characters.

    "x" makes a plain word of it, whose text is taken from the file again; "#" a comment; " " room.
    """

    stretch: Stretch
    fill: str = "x"


@dataclass(slots=True)
class Page:
    """The lines of a file. Masks are as long as what they hide, so that every place stays true."""

    file: str
    #: As written.
    lines: list[str]
    #: As the parser is shown them.
    shown: list[str]
    #: The lines that are shown, as one text; None where a mask has changed them since.
    _text: str | None
    #: Line -> the stretches that "x" hides.
    hidden: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    #: Whether a part of the file is hidden for good.
    left_out: bool = False

    @classmethod
    def of(cls, text: str, file: str) -> Page:
        # The parser sees an empty line behind the last, and may point to it.
        lines = [*text.split("\n"), ""]
        return cls(file, lines, list(lines), text)

    @property
    def text(self) -> str:
        """Give the text that the parser is to read."""
        if self._text is None:
            self._text = "\n".join(self.shown)
        return self._text

    def comment_out(self, start: str) -> list[int]:
        """Make comments of the lines that begin so; give their numbers, from 0."""
        if start not in self.text:
            return []
        found = [number for number, line in enumerate(self.shown) if line.startswith(start)]
        for number in found:
            self.shown[number] = "#" + self.shown[number][1:]
        self._text = None
        return found

    def mask_all(self, masks: Sequence[Mask]) -> bool:
        """Hide stretches from the parser; tell whether that changed anything."""
        before = [self.shown[mask.stretch[0]] for mask in masks]
        for mask in masks:
            self.mask(*mask.stretch, mask.fill)
            self.left_out = self.left_out or mask.fill == "#"
        return before != [self.shown[mask.stretch[0]] for mask in masks]

    def mask(self, line: int, start: int, end: int, fill: str) -> None:
        """Hide a stretch of a line from the parser."""
        self._text = None
        text = self.shown[line]
        end = max(start, min(end, len(text)))
        self.shown[line] = text[:start] + fill * (end - start) + text[end:]
        if fill == "x":
            self.hidden.setdefault(line, []).append((start, end))

    def comment_on(self, line: int) -> int:
        """Give the column at which a comment begins, or the end of a line without one.

        A "#" in quotes counts too: what asks has lost its way in the line anyhow.
        """
        text = self.shown[line]
        if text.lstrip().startswith("#"):
            return 0
        found = text.find(" #")
        return len(text) if found < 0 else found

    def is_hidden(self, line: int, column: int) -> bool:
        """Tell whether the parser was not shown what begins here."""
        return any(start <= column < end for start, end in self.hidden.get(line, ()))

    def written(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """Give what the file has from a place to another (from 1), on one line."""
        (first, column), (last, until) = start, end
        if first == last:
            return self.lines[first - 1][column - 1 : until - 1]
        between = self.lines[first : last - 1]
        lines = [self.lines[first - 1][column - 1 :], *between, self.lines[last - 1][: until - 1]]
        return " ".join(line.strip() for line in lines)

    def problem(
        self,
        rule: str,
        stretch: Stretch,
        message: str,
        hint: str | None = None,
        replacement: str | None = None,
    ) -> Problem:
        """Give a problem about a stretch of this file."""
        line, start, end = stretch
        span = Span(line + 1, start + 1, line + 1, max(start, end) + 1)
        return Problem(rule, self.file, span, message, hint, replacement)
