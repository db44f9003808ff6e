"""The indentation of a file: two spaces a level, lists two spaces in from what holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from keepwarm.schema.formatting.shapes import is_flow, lines_within
from keepwarm.schema.nodes import Mapping, Node, Scalar

_STEP = 2


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A line on which a name or a dash comes first; columns from 0."""

    before: int
    after: int
    #: Where what follows the dashes begins, before and after; equal to the above without dashes.
    words_before: int
    words_after: int


def indented(lines: list[str], node: Node) -> list[str]:
    """Give the lines of a file with every name and dash at its level; as many as before."""
    anchors = _Anchors(lines)
    anchors.place(node, 0)
    inside = lines_within(node, lines)
    levels = [*_levels(lines, anchors.found, inside)]
    return [
        _moved(line, anchors.found.get(number), levels[number]) for number, line in enumerate(lines)
    ]


@dataclass(slots=True)
class _Anchors:
    lines: list[str]
    #: By line, from 0.
    found: dict[int, _Anchor] = field(default_factory=dict)

    def place(self, node: Node, level: int) -> None:
        """Note where the lines of a node that is no flow begin."""
        if isinstance(node, Scalar) or is_flow(node, self.lines):
            return
        if isinstance(node, Mapping):
            for entry in node.entries:
                line, column = entry.key.span.line - 1, entry.key.span.column - 1
                if not self.lines[line][:column].strip():
                    self.found.setdefault(line, _Anchor(column, level, column, level))
                self.place(entry.value, level + _STEP)
            return
        for item in node.items:
            self.place_item(item, node.span.column - 1, level)

    def place_item(self, item: Node, dash: int, level: int) -> None:
        line = item.span.line - 1
        while line >= 0 and not self.lines[line].startswith("-", dash):
            line -= 1
        if line >= 0 and not self.lines[line][:dash].strip():
            words, depth = self.behind_dashes(line, dash)
            self.found.setdefault(line, _Anchor(dash, level, words, level + _STEP * depth))
        self.place(item, level + _STEP)

    def behind_dashes(self, line: int, dash: int) -> tuple[int, int]:
        """Give where the words of a line begin, and how many dashes stand before them."""
        text, at, depth = self.lines[line], dash, 0
        while text.startswith("- ", at) or text[at:] == "-":
            depth += 1
            at += 1
            at += len(text[at:]) - len(text[at:].lstrip(" "))
        return at, depth


def _levels(lines: list[str], anchors: dict[int, _Anchor], inside: set[int]) -> Iterator[int]:
    """Give for each line that is no anchor by how much it moves."""
    last: _Anchor | None = None
    at_column: dict[int, _Anchor] = {}
    for number, line in enumerate(lines):
        if number in anchors:
            last = anchors[number]
            at_column = {c: a for c, a in at_column.items() if c < last.before}
            at_column[last.before] = last
            at_column[last.words_before] = _Anchor(
                last.words_before, last.words_after, last.words_before, last.words_after
            )
            yield 0
        elif line.lstrip().startswith("#") and number not in inside:
            column = len(line) - len(line.lstrip())
            below = next((anchors[n] for n in range(number, len(lines)) if n in anchors), None)
            yield _of_comment(column, below, at_column)
        else:
            yield last.words_after - last.words_before if last else 0


def _of_comment(column: int, below: _Anchor | None, above: dict[int, _Anchor]) -> int:
    """Give by how much a comment moves: with the line that it stands over, or one above it."""
    if below is not None and below.before == column:
        return below.after - column
    if column in above:
        return above[column].after - column
    return below.after - column if below is not None else -column


def _moved(line: str, anchor: _Anchor | None, by: int) -> str:
    if anchor is not None:
        dashes = "- " * ((anchor.words_after - anchor.after) // _STEP)
        return f"{' ' * anchor.after}{dashes}{line[anchor.words_before :]}".rstrip()
    if not line.strip():
        return ""
    if by >= 0:
        return " " * by + line
    return line[min(-by, len(line) - len(line.lstrip(" "))) :]
