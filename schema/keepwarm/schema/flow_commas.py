"""Commas inside braces: `{is: one of free, pro, means: …}` means what it says.

To YAML every comma in braces or brackets ends an entry, so that `pro` would be a name with nothing
behind it. Where no colon follows such a name, it goes on with the text before it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar, Span

#: Phrases that list things: what follows their commas is never a name.
_LISTS = re.compile(r"(?:.* )?(?:one|none|any) of .*|(?:has|in|either|neither) .*", re.IGNORECASE)


def with_whole_values(node: Mapping, names: Collection[str] = ()) -> Mapping:
    """Give a mapping whose values keep their commas; `names` are those it may hold."""
    if not any(_has_no_colon(entry) for entry in node.entries):
        return node
    entries: list[Entry] = []
    for entry in node.entries:
        before = entries[-1].value if entries else None
        if _has_no_colon(entry) and _goes_on(before, entry.key, names):
            entries[-1] = Entry(entries[-1].key, _joined(entries[-1].value, entry.key))
        else:
            entries.append(entry)
    return Mapping(tuple(entries), node.span)


def with_whole_lines(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Give the lines of a list in brackets, where a text goes on with the line before it."""
    if not any(isinstance(item, Mapping) for item in items):
        return items
    lines: list[Node] = []
    for item in items:
        before = lines[-1] if lines else None
        if (
            isinstance(item, Scalar)
            and not item.quoted
            and isinstance(before, Mapping)
            and before.entries
            and before.span.end_line == item.span.line
            and _goes_on(before.entries[-1].value, item, ())
        ):
            *others, last = before.entries
            whole = Entry(last.key, _joined(last.value, item))
            lines[-1] = Mapping((*others, whole), _from_to(before.span, item.span))
        else:
            lines.append(item)
    return tuple(lines)


def _has_no_colon(entry: Entry) -> bool:
    """Tell whether a name stands without a colon: its empty value is where the name ends."""
    value, key = entry.value, entry.key.span
    if not isinstance(value, Scalar) or value.text or value.quoted or entry.key.quoted:
        return False
    return (value.span.line, value.span.column) == (key.end_line, key.end_column)


def _goes_on(before: Node | None, item: Scalar, names: Collection[str]) -> bool:
    if not isinstance(before, Scalar) or before.quoted or not before.text:
        return False
    return item.text not in names or _LISTS.fullmatch(before.text) is not None


def _joined(before: Node, item: Scalar) -> Node:
    if not isinstance(before, Scalar):
        return before
    span = _from_to(before.span, item.span)
    return Scalar(f"{before.text}, {item.text}", quoted=False, span=span)


def _from_to(start: Span, end: Span) -> Span:
    return Span(start.line, start.column, end.end_line, end.end_column)
