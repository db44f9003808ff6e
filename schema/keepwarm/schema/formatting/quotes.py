"""Quotes that no text needs, and more room behind a colon than one space."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.edits import Edit
from keepwarm.schema.formatting.shapes import every_node, flows, is_within
from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar, Span
from keepwarm.schema.quoting import is_plain


def needless_quotes(node: Node, lines: list[str]) -> Iterator[Edit]:
    """Give the edits that take quotes off the texts that need none."""
    within = flows(node, lines)
    for each in every_node(node):
        if not isinstance(each, Scalar) or not each.quoted or each.span.line != each.span.end_line:
            continue
        span = each.span
        is_in_quotes = lines[span.line - 1][span.column - 1] in "'\""
        if is_in_quotes and is_plain(each.text, in_flow=is_within(span, within)):
            yield Edit(span, each.text)


def needless_room(node: Node, lines: list[str]) -> Iterator[Edit]:
    """Give the edits that leave one space between a colon and what follows it."""
    for each in every_node(node):
        for entry in each.entries if isinstance(each, Mapping) else ():
            room = _room(entry, lines)
            if room is not None:
                yield Edit(room, ": ")


def _room(entry: Entry, lines: list[str]) -> Span | None:
    key, value = entry.key.span, entry.value.span
    if key.end_line != value.line or key.end_column >= value.column:
        return None
    between = lines[key.end_line - 1][key.end_column - 1 : value.column - 1]
    if between in (": ", "") or between.strip() != ":":
        return None
    return Span(key.end_line, key.end_column, value.line, value.column)
