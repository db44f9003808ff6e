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
    more: list[Scalar] = []
    for entry in node.entries:
        before = entries[-1].value if entries else None
        if _has_no_colon(entry) and _goes_on(before, entry.key, names):
            more.append(entry.key)
            continue
        _append(more, entries)
        entries.append(entry)
    _append(more, entries)
    return Mapping(tuple(entries), node.span)


def with_whole_lines(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Give the lines of a list in brackets, where a text goes on with the line before it."""
    if not any(isinstance(item, Mapping) for item in items):
        return items
    lines: list[Node] = []
    more: list[Scalar] = []
    for item in items:
        before = lines[-1] if lines else None
        if isinstance(item, Scalar) and _is_on_one_line(before, more, item):
            more.append(item)
            continue
        _append_line(more, lines)
        lines.append(item)
    _append_line(more, lines)
    return tuple(lines)


def _append(more: list[Scalar], entries: list[Entry]) -> None:
    """Put what goes on with the value of the last entry behind it."""
    if more:
        entries[-1] = Entry(entries[-1].key, _joined(entries[-1].value, more))
        more.clear()


def _append_line(more: list[Scalar], lines: list[Node]) -> None:
    last = lines[-1] if lines else None
    if more and isinstance(last, Mapping):
        span = _from_to(last.span, more[-1].span)
        entries = list(last.entries)
        _append(more, entries)
        lines[-1] = Mapping(tuple(entries), span)


def _is_on_one_line(before: Node | None, more: list[Scalar], item: Scalar) -> bool:
    """Tell whether a text goes on with a mapping before it: in brackets both are on one line."""
    if not isinstance(before, Mapping) or not before.entries or item.quoted:
        return False
    last = more[-1].span if more else before.span
    return last.end_line == item.span.line and _goes_on(before.entries[-1].value, item, ())


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


def _joined(before: Node, more: list[Scalar]) -> Node:
    if not isinstance(before, Scalar):
        return before
    text = ", ".join([before.text, *(item.text for item in more)])
    return Scalar(text, quoted=False, span=_from_to(before.span, more[-1].span))


def _from_to(start: Span, end: Span) -> Span:
    return Span(start.line, start.column, end.end_line, end.end_column)
