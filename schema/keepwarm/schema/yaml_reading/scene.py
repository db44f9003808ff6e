"""A fault of syntax and its surroundings: which value, which line, which block it stands in."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from keepwarm.schema.problems import Problem
from keepwarm.schema.yaml_reading.building import State
from keepwarm.schema.yaml_reading.page import Mask, Page, Stretch

_OPENING, _CLOSING = ("[", "{"), ("]", "}")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of syntax, and what to mask before the rest is read."""

    problem: Problem
    masks: tuple[Mask, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a fault: the parser's words, and the places that it points to."""

    page: Page
    state: State
    context: str
    problem: str
    #: Line and column, from 0, of what could not be read.
    at: tuple[int, int]
    #: Line and column, from 0, where that began within which it stands.
    within: tuple[int, int]

    @classmethod
    def of(cls, error: yaml.MarkedYAMLError, page: Page, state: State) -> Scene:
        at, within = error.problem_mark, error.context_mark
        return cls(
            page,
            state,
            error.context or "",
            error.problem or "",
            _on_page(page, at or within),
            _on_page(page, within or at),
        )

    @property
    def line(self) -> str:
        """Give the line of the fault as the parser was shown it."""
        return self.page.shown[self.at[0]]

    def value(self, line: int, column: int) -> Stretch:
        """Give the value of the line in which the column stands, without a comment behind it."""
        text = self.page.shown[line]
        if self._is_flow(line, column):
            start = _after(text, column, ("[", "{", ",", ": "))
            ends = [text.find(mark, max(column, start)) for mark in (",", "]", "}")]
            end = min((found for found in ends if found >= 0), default=len(text))
        else:
            start = value_start(text)
            start = min(start, column)
            end = len(text)
        comment = self.page.comment_on(line)
        end = min(end, comment) if comment > start else end
        return line, start, max(start + 1, len(text[:end].rstrip()))

    def written(self, stretch: Stretch) -> str:
        """Give the text of a stretch as the file has it."""
        line, start, end = stretch
        return self.page.lines[line][start:end]

    def name_on(self, line: int) -> Stretch:
        """Give what a line begins with: its name, or all of it where it has none."""
        text = self.page.shown[line]
        start = indentation(text)
        colon = first_colon(text, start)
        end = len(text.rstrip()) if colon is None else colon
        return line, start, max(start + 1, end)

    def line_before(self, line: int) -> int | None:
        """Give the nearest line above that says something."""
        lines = self.page.shown
        return next((n for n in range(line - 1, -1, -1) if says_something(lines[n])), None)

    def line_after(self, line: int) -> int | None:
        """Give the nearest line below that says something."""
        lines = self.page.shown
        return next((n for n in range(line + 1, len(lines)) if says_something(lines[n])), None)

    def without_block(self, line: int) -> tuple[Mask, ...]:
        """Give the masks that leave out a line and what follows from it.

        That is all that is indented below it, and all else that begins where nothing is open: one
        line in the wrong place would else be told again for each of its neighbours.
        """
        lines = self.page.shown
        depth = indentation(lines[line])
        masks = [Mask((line, 0, len(lines[line])), "#")]
        for below in range(line + 1, len(lines)):
            if says_something(lines[below]) and self._belongs(lines[below], depth):
                break
            masks.append(Mask((below, 0, len(lines[below])), "#"))
        return tuple(masks)

    def _belongs(self, text: str, depth: int) -> bool:
        """Tell whether a line continues a block that is open, no deeper than a faulty line."""
        column = indentation(text)
        if column > depth:
            return False
        if not self.state.open:
            return not self.state.just_closed
        is_entry = text.startswith("-", column)
        return any(
            block.column == column and block.is_mapping is not is_entry and not block.is_flow
            for block in self.state.open
        )

    def _is_flow(self, line: int, column: int) -> bool:
        """Tell whether a place stands inside brackets or braces."""
        if self.state.open and self.state.open[-1].is_flow:
            return True
        text = self.page.shown[line]
        before = text[:column]
        # Within a text they mean nothing, as in "Hello {{ name }}".
        if not before.startswith(_OPENING, value_start(text)):
            return False
        opened = sum(before.count(mark) for mark in _OPENING)
        return opened > sum(before.count(mark) for mark in _CLOSING)


def value_start(text: str) -> int:
    """Give the column at which the value of a line begins: behind its dashes and its name."""
    start = indentation(text)
    while text.startswith(("- ", "? "), start):
        start = _skip_spaces(text, start + 1)
    colon = None if text[start : start + 1] in ("[", "{") else first_colon(text, start)
    return start if colon is None else _skip_spaces(text, colon + 1)


def first_colon(text: str, start: int) -> int | None:
    """Give the column of the colon that ends a name, or None where the line has no name."""
    if text[start : start + 1] in ('"', "'"):
        closing = text.find(text[start], start + 1)
        after = _skip_spaces(text, closing + 1) if closing > 0 else -1
        return after if after >= 0 and text[after : after + 1] == ":" else None
    colon = text.find(":", start)
    comment = text.find(" #", start)
    while 0 <= colon < (comment if comment >= 0 else len(text)):
        if text[colon + 1 : colon + 2] in ("", " ", "\t"):
            return colon
        colon = text.find(":", colon + 1)
    return None


def indentation(text: str) -> int:
    """Give how many blank characters a line begins with."""
    return len(text) - len(text.lstrip())


def says_something(text: str) -> bool:
    """Tell of a line that is neither empty nor a comment."""
    return bool(text.strip()) and not text.lstrip().startswith("#")


def _skip_spaces(text: str, start: int) -> int:
    while text[start : start + 1] in (" ", "\t"):
        start += 1
    return start


def _after(text: str, column: int, marks: tuple[str, ...]) -> int:
    """Give the column at which the part begins that holds the column, behind one of the marks."""
    starts = [found + len(mark) for mark in marks if (found := text.rfind(mark, 0, column)) >= 0]
    return min(_skip_spaces(text, max(starts, default=0)), column)


def _on_page(page: Page, mark: yaml.Mark | None) -> tuple[int, int]:
    """Give the place of a mark; behind the last line that says something, the end of that line."""
    if mark is None:
        return 0, 0
    if mark.line < len(page.shown) and any(map(str.strip, page.shown[mark.line :])):
        return mark.line, min(mark.column, len(page.shown[mark.line]))
    last = next((n for n in range(len(page.shown) - 1, -1, -1) if page.shown[n].strip()), 0)
    return last, len(page.shown[last].rstrip())
