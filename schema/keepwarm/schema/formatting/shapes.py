"""What of a file is a flow (`{…}`, `[…]`) or goes over several lines, and where comments begin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepwarm.schema.nodes import Mapping, Node, Scalar, Sequence, Span


def every_node(node: Node) -> Iterator[Node]:
    """Give a node and all within it, names included, in the order written."""
    yield node
    match node:
        case Mapping(entries=entries):
            for entry in entries:
                yield entry.key
                yield from every_node(entry.value)
        case Sequence(items=items):
            for item in items:
                yield from every_node(item)
        case Scalar():
            return


def is_flow(node: Node, lines: list[str]) -> bool:
    """Tell whether a mapping or a list stands in braces or brackets."""
    start = node.span
    return not isinstance(node, Scalar) and lines[start.line - 1][start.column - 1] in "{["


def flows(node: Node, lines: list[str]) -> list[Span]:
    """Give the stretches in braces and brackets."""
    return [each.span for each in every_node(node) if is_flow(each, lines)]


def is_within(span: Span, stretches: list[Span]) -> bool:
    """Tell whether a stretch lies in one of others."""
    start = span.line, span.column
    return any((s.line, s.column) <= start < (s.end_line, s.end_column) for s in stretches)


def lines_within(node: Node, lines: list[str]) -> set[int]:
    """Give the lines, from 0, that go on with a text or a flow of a line above."""
    return {
        number
        for each in every_node(node)
        if isinstance(each, Scalar) or is_flow(each, lines)
        for number in range(each.span.line, each.span.end_line)
    }


def words_end(node: Node, lines: list[str]) -> dict[int, int]:
    """Give for each line, from 0, the column behind its last word; comments come later."""
    ends: dict[int, int] = {}
    for each in every_node(node):
        if isinstance(each, Scalar) or is_flow(each, lines):
            line = each.span.end_line - 1
            ends[line] = max(ends.get(line, 0), each.span.end_column - 1)
    return ends


#: Behind the last word of a line: a colon perhaps, and a comment.
_BEHIND_WORDS = re.compile(r":?\s+(?P<comment>#.*)")
#: A line that holds a dash alone, and a comment.
_BEHIND_A_DASH = re.compile(r"[\s-]*-\s+(?P<comment>#.*)")


def comment_of(line: str, end: int) -> tuple[int, str] | None:
    """Give the column and the text of a comment that stands behind the words of a line.

    `end` is the column behind the last word, 0 where there is none.
    """
    match = _BEHIND_WORDS.fullmatch(line, end) if end else _BEHIND_A_DASH.fullmatch(line)
    return None if match is None else (match.start("comment"), match["comment"])
