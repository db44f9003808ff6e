"""From the parser's events to nodes, one by one and without recursion."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar, Sequence, Span
from keepwarm.schema.problems import Problem
from keepwarm.schema.yaml_reading.complaints import (
    LIKE_A_DASH,
    ODD_SPACES,
    Complaints,
    too_deep,
    too_many_nodes,
)
from keepwarm.schema.yaml_reading.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    ScalarEvent,
)
from keepwarm.schema.yaml_reading.page import Page
from keepwarm.schema.yaml_reading.signs import in_words

DEEPEST = 50


@dataclass(slots=True)
class Open:
    """A list or a mapping whose end is not read yet."""

    line: int
    column: int
    is_mapping: bool
    is_flow: bool
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    #: The line, from 1, of each name read.
    seen: dict[str, int] = field(default_factory=dict)
    awaits_value: bool = False
    #: The name whose value is awaited; None where that value is to be dropped.
    key: Scalar | None = None
    is_merge: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Where the builder stood when the parser gave up."""

    open: tuple[Open, ...]
    last_scalar: Scalar | None
    #: The columns, from 0, of the blocks that ended behind it.
    just_closed: tuple[int, ...]


class NodeBuilder:
    """Builds the node of one document; `problems` holds what it would not take."""

    def __init__(self, page: Page, most_nodes: int, most_problems: int) -> None:
        self._complaints = Complaints(page, most_problems)
        self.nodes = 0
        self._page = page
        self._most_nodes = most_nodes
        self._open: list[Open] = []
        self._root: Node | None = None
        self._last_scalar: Scalar | None = None
        #: Where the last thing that was read ended, from 1: a block has no end of its own.
        self._last = Span(1, 1, 1, 1)
        self._just_closed: list[int] = []
        self._has_documents = False

    def build(self) -> Node | None:
        """Give the node of the first document, or None where there is none.

        Raises:
            TooMuch: the file is too deep, or has too many nodes or problems.
            yaml.MarkedYAMLError: the parser cannot go on.

        """
        parser = yaml.CSafeLoader(self._page.text)
        try:
            while True:
                event: Any = parser.get_event()
                kind = type(event)
                if kind is _SCALAR:
                    self._take_scalar(event)
                elif kind in _STARTS:
                    self._take_start(event, is_mapping=kind is yaml.MappingStartEvent)
                elif kind in _ENDS:
                    self._take_end(event)
                elif kind is yaml.AliasEvent:
                    self._take_alias(event)
                elif kind is yaml.StreamEndEvent or (
                    kind is yaml.DocumentStartEvent and self._is_second(event)
                ):
                    return self._root
        finally:
            parser.dispose()

    @property
    def problems(self) -> list[Problem]:
        """Give what was refused so far."""
        return self._complaints.problems

    def state(self) -> State:
        """Tell where the builder stands, for the sentence about the parser's refusal."""
        return State(tuple(self._open), self._last_scalar, tuple(self._just_closed))

    # ── The events ───────────────────────────────────────────────────────────────────────────

    def _is_second(self, event: Event) -> bool:
        """Tell of the start of a second document, and refuse it."""
        if not self._has_documents:
            self._has_documents = True
            return False
        self._complaints.second_document(event.start_mark.line, event.start_mark.column)
        self._page.left_out = True
        return True

    def _take_scalar(self, event: ScalarEvent) -> None:
        start, end = event.start_mark, event.end_mark
        self.nodes += 1
        if self.nodes > self._most_nodes:
            raise too_many_nodes(self._page, self._most_nodes, start.line, start.column)
        span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        text, style = event.value, event.style
        if event.anchor is not None or event.tag is not None:
            text = self._without_properties(event, span)
        elif not style:
            span = span if text else self._on_the_page(span)
            text = self._checked_plain(text, span)
        elif style in ("|", ">"):
            span = self._without_blank_lines(span)
        scalar = Scalar(text, bool(style), span)
        self._last_scalar = scalar
        self._last = span
        if self._just_closed:
            self._just_closed.clear()
        self._place(scalar)

    def _take_start(self, event: CollectionStartEvent, *, is_mapping: bool) -> None:
        line, column = event.start_mark.line, event.start_mark.column
        self._count(line, column)
        if len(self._open) >= DEEPEST:
            raise too_deep(self._page, DEEPEST, line, column)
        is_flow = bool(event.flow_style)
        if is_mapping and is_flow and self._page.shown[line].startswith("{{", column):
            mark = cast("yaml.Mark", event.start_mark)
            raise yaml.MarkedYAMLError("while reading braces", mark, "they are not in quotes", mark)
        if event.anchor is not None or event.tag is not None:
            self._complaints.properties(event.anchor, event.tag, line, column)
        self._open.append(Open(line, column, is_mapping, is_flow))

    def _take_end(self, event: Event) -> None:
        done = self._open.pop()
        if done.is_flow:
            end_line, end_column = event.end_mark.line + 1, event.end_mark.column + 1
        else:
            end_line, end_column = self._last.end_line, self._last.end_column
            self._just_closed.append(done.column)
        self._last = span = Span(done.line + 1, done.column + 1, end_line, end_column)
        if done.is_mapping:
            self._place(Mapping(tuple(done.entries), span))
        else:
            self._place(Sequence(tuple(done.items), span))

    def _take_alias(self, event: AliasEvent) -> None:
        start, end = event.start_mark, event.end_mark
        self._count(start.line, start.column)
        name = f"*{event.anchor}"
        if not any(block.is_merge for block in self._open):
            self._complaints.alias(name, (start.line, start.column, end.column))
        self._last = span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        self._place(Scalar(name, quoted=False, span=span))

    # ── Where a node goes ────────────────────────────────────────────────────────────────────

    def _place(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        top = self._open[-1]
        if not top.is_mapping:
            top.items.append(node)
        elif top.awaits_value:
            if top.key is not None:
                top.entries.append(Entry(top.key, node))
            top.awaits_value = top.is_merge = False
        else:
            top.awaits_value = True
            top.key = self._checked_key(top, node)

    def _checked_key(self, top: Open, key: Node) -> Scalar | None:
        """Give the name, or None with a problem where it cannot be one."""
        if not isinstance(key, Scalar):
            self._complaints.key_not_text(key.span)
            return None
        if key.text == "<<" and not key.quoted:
            top.is_merge = True
            self._complaints.merge_key(key.span)
            return None
        if not key.text:
            self._complaints.empty_key(key.span)
            return None
        if key.text[0] == "-" and not key.quoted and key.text[1:2].isalpha():
            self._complaints.no_space_after_dash(key)
        if key.text[0] in LIKE_A_DASH and not key.quoted and key.text[1:2] == " ":
            self._complaints.no_dash(key)
        if key.text in top.seen:
            self._complaints.twice(key, top.seen[key.text])
            return None
        top.seen[key.text] = key.span.line
        return key

    # ── Texts ────────────────────────────────────────────────────────────────────────────────

    def _checked_plain(self, text: str, span: Span) -> str:
        """Give the text of a plain scalar, with a problem where YAML has made another of it."""
        page = self._page
        if page.hidden and page.is_hidden(span.line - 1, span.column - 1):
            written = page.written((span.line, span.column), (span.end_line, span.end_column))
            text = in_words(written) or written
        line = page.shown[span.end_line - 1]
        if len(line) >= span.end_column and (lost := _LOST.match(line, span.end_column - 1)):
            self._complaints.cut(text, span, line, lost.end() - 1)
        if not text:
            return text
        if text[0] == "<" and text != "<<":
            meant = in_words(text)
            self._complaints.symbol(span, text, meant)
            return meant or text
        if not text.isascii() and (text[0] in ODD_SPACES or text[-1] in ODD_SPACES):
            if text[0] in ODD_SPACES and not line[: span.column - 1].strip():
                self._complaints.odd_indentation(text, span)
            else:
                self._complaints.odd_space(text, span)
            return text.strip(ODD_SPACES)
        return text

    def _without_properties(self, event: ScalarEvent, span: Span) -> str:
        """Give the text of a scalar that carries an anchor or a tag, and refuse these."""
        line, column = span.line - 1, span.column - 1
        end = span.end_column - 1 if span.end_line == span.line else len(self._page.shown[line])
        written = self._page.lines[line][column:end]
        meant = in_words(written)
        if event.tag == "!=" and meant:
            self._complaints.symbol(span, written, meant)
            return meant
        if event.tag is not None and not event.value and meant:
            return self._complaints.tag_for_not(written, (line, column, end))
        self._complaints.properties(event.anchor, event.tag, line, column)
        return event.value

    def _count(self, line: int, column: int) -> None:
        self.nodes += 1
        if self.nodes > self._most_nodes:
            raise too_many_nodes(self._page, self._most_nodes, line, column)

    def _on_the_page(self, span: Span) -> Span:
        """Give the span of an empty text, which may be said to stand behind the last line."""
        last = len(self._page.lines) - 1
        if span.line <= last:
            return span
        column = len(self._page.lines[last - 1]) + 1
        return Span(last, column, last, column)

    def _without_blank_lines(self, span: Span) -> Span:
        """Give the span of a block text without the empty lines after it."""
        line = min(span.end_line, len(self._page.shown)) - (span.end_column == 1)
        while line > span.line and not self._page.shown[line - 1].strip():
            line -= 1
        return Span(span.line, span.column, line, len(self._page.shown[line - 1]) + 1)


_SCALAR = yaml.ScalarEvent
_STARTS = frozenset({yaml.MappingStartEvent, yaml.SequenceStartEvent})
_ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})


#: Behind a plain text: room, and what is lost in a comment that was not meant as one. An ordinary
#: comment has a space after its "#"; a row of signs ("#----") is an ornament.
_LOST = re.compile(r"[ \t]+#(?=[^\s#=*~_-])")
