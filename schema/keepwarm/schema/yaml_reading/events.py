"""What the parser's events hold; PyYAML's own types leave the marks open."""

from __future__ import annotations

from typing import Protocol


class Mark(Protocol):
    """A place in the text; line and column count from 0."""

    line: int
    column: int


class Event(Protocol):
    """Anything that the parser reports."""

    start_mark: Mark
    end_mark: Mark


class AliasEvent(Event, Protocol):
    """`*name`."""

    anchor: str


class NodeEvent(Event, Protocol):
    """The start of a node, with what may stand before it: `&name` and `!name`."""

    anchor: str | None
    tag: str | None


class ScalarEvent(NodeEvent, Protocol):
    """A text; its style is a quote, `|`, `>` or nothing."""

    value: str
    style: str | None


class CollectionStartEvent(NodeEvent, Protocol):
    """The start of a list or mapping."""

    flow_style: bool
