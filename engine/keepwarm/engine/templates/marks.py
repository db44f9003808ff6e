"""The Liquid marks of a text (`{{ … }}`, `{% … %}`), and where in which file each was written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from keepwarm.engine.templates.bounds import (
    LONGEST_BODY,
    LONGEST_MARK,
    LONGEST_SPACE,
    MOST_FAULTS,
    MOST_MARKS,
)
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.problems import PlaybookRefused, Problem

_OPENING = re.compile(r"\{[{%]")
_QUOTED = re.compile(r"""\"[^"]*+\"|'[^']*+'""")
_SPACES = re.compile(rf"\s{{{LONGEST_SPACE + 1}}}")
_TAG_NAME = re.compile(r"\{%-?\s*(#|\w*)")
#: Blocks whose inside is no Liquid: the whole block is one mark.
_OPAQUE = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "comment", "doc")}


@dataclass(frozen=True, slots=True)
class Writing:
    """A stretch of a template as its author wrote it: a body, or one line of the head."""

    text: str
    file: str
    #: The line of the file on which it begins, counted from 1.
    line: int = 1
    #: What to call it where the line alone does not say it: `subject`.
    part: str = ""
    #: Where on its line a part begins, counted from 1; 0 if it is not there as it is.
    column: int = 0
    #: Of a part that goes over several lines, where each begins: character, line and column.
    rows: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of_head(cls, file: TemplateFile, key: str, text: str) -> Writing:
        """Give a line of a template's head."""
        places = ((line, column) for name, line, column in file.head_places if name == key)
        line, column = next(places, (1, 0))
        return cls(text, file.file, line, key, column)

    def place(self, index: int) -> tuple[int, int]:
        """Give the line and column of a character, counted from 1."""
        rows = [row for row in self.rows if row[0] <= max(index, 0)]
        if rows:
            start, line, column = rows[-1]
            return line, column + max(index, 0) - start
        if self.part:
            return self.line, self.column + max(index, 0) if self.column else 1
        before = self.text[: max(index, 0)]
        return self.line + before.count("\n"), len(before) - (before.rfind("\n") + 1) + 1

    def problem(
        self, index: int, length: int, message: str, hint: str | None = None, rule: str = "liquid"
    ) -> Problem:
        """Give a problem at a stretch of this writing."""
        line, column = self.place(index)
        span = Span(line, column, line, column + max(length, 1))
        where = f" (in the {self.part})" if self.part else ""
        return Problem(rule, self.file, span, f"{message.rstrip('.')}{where}", hint)


@dataclass(frozen=True, slots=True)
class Mark:
    """One Liquid mark, as written."""

    text: str
    writing: Writing
    #: Where in the writing it begins.
    at: int

    @property
    def is_output(self) -> bool:
        """Whether it writes a value, rather than saying what to do."""
        return self.text.startswith("{{")

    @property
    def tag(self) -> str:
        """The name of the tag, or nothing."""
        found = _TAG_NAME.match(self.text)
        return found[1] if found else ""


Piece = str | Mark


def pieces_of(writing: Writing) -> list[Piece]:
    """Take a text apart into literal text and marks; raises PlaybookRefused for unclosed ones.

    It runs over the text once, so that what python-liquid's own patterns would choke on (many
    openings, long runs of white space) never reaches them.
    """
    text, pieces, at = writing.text, list[Piece](), 0
    if len(text) > LONGEST_BODY:
        message = f"this template is longer than {LONGEST_BODY:,} characters"
        raise PlaybookRefused([writing.problem(0, 1, message, "shorten it")])
    count, problems = 0, list[Problem]()
    while opening := _OPENING.search(text, at):
        opened = opening.start()
        if opened > at:
            pieces.append(text[at:opened])
        end = _end_of_mark(writing, opened)
        if isinstance(end, Problem):
            problems.append(end)
            if len(problems) >= MOST_FAULTS:
                break
            at = opened + len("{{")
            continue
        at = end
        pieces.append(Mark(text[opened:at], writing, opened))
        count += 1
        if count > MOST_MARKS:
            message = f"this template has more than {MOST_MARKS:,} marks of Liquid"
            raise PlaybookRefused([writing.problem(opened, 2, message, "make it simpler")])
    if problems:
        raise PlaybookRefused(problems)
    if at < len(text):
        pieces.append(text[at:])
    return pieces


def _end_of_mark(writing: Writing, opened: int) -> int | Problem:
    """Give where a mark ends, or why it cannot be told."""
    text = writing.text
    sign, end = ("{{", "}}") if text.startswith("{{", opened) else ("{%", "%}")
    closed = text.find(end, opened + 2, opened + LONGEST_MARK)
    if closed < 0 or _opens_another(text[opened + 2 : closed]):
        return writing.problem(opened, 2, f"this {sign} is never closed", f"close it with {end}")
    if _SPACES.search(text, opened, closed):
        return writing.problem(opened, 2, "this mark holds too much white space", "shorten it")
    closed += len(end)
    name = Mark(text[opened:closed], writing, opened).tag
    if name not in _OPAQUE:
        return closed
    last = _OPAQUE[name].search(text, closed)
    if last is None:
        hint = f"close it with {{% end{name} %}}"
        return writing.problem(opened, closed - opened, f"this {name} is never closed", hint)
    return last.end()


def _opens_another(inside: str) -> bool:
    """Tell whether a mark opens inside another, in no text in quotes: the first was not closed."""
    bare = _QUOTED.sub("", inside)
    return _OPENING.search(bare) is not None


@dataclass(frozen=True, slots=True)
class Source:
    """A text for python-liquid, which remembers where each of its marks was written."""

    text: str
    writing: Writing
    starts: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()

    @classmethod
    def of(cls, pieces: Sequence[Piece], writing: Writing) -> Source:
        """Put pieces together; `writing` is what faults outside of all marks are laid to."""
        starts, marks, length = list[int](), list[Mark](), 0
        for piece in pieces:
            if isinstance(piece, Mark):
                starts.append(length)
                marks.append(piece)
                length += len(piece.text)
            else:
                length += len(piece)
        text = "".join(piece.text if isinstance(piece, Mark) else piece for piece in pieces)
        return cls(text, writing, tuple(starts), tuple(marks))

    def written_at(self, index: int) -> tuple[Writing, int]:
        """Give the writing, and the place in it, from which a character of the text comes."""
        nth = bisect_right(self.starts, index) - 1
        if nth >= 0 and index < self.starts[nth] + len(self.marks[nth].text):
            mark = self.marks[nth]
            return mark.writing, mark.at + index - self.starts[nth]
        if nth >= 0:
            mark = self.marks[nth]
            return mark.writing, mark.at
        return self.writing, 0
