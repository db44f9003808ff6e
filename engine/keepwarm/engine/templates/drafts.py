"""Texts in which each Liquid mark is a word, for tools that do not know Liquid."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from keepwarm.engine.templates.marks import Mark, Piece, Writing
from keepwarm.schema.problems import Problem

_COMMENT = re.compile(r"<!--(?!\[if|<!\[endif)")
_SILENT = ("comment", "doc", "#")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text in which every mark is replaced by a word that nothing else has reason to touch."""

    text: str
    marks: tuple[Mark, ...]
    stem: str
    word: re.Pattern[str]
    writing: Writing
    #: (where in the text, where in the writing), ascending: what lies between runs alike.
    anchors: tuple[tuple[int, int], ...]

    def word_of(self, number: int) -> str:
        """Give the word that stands for a mark."""
        return f"{self.stem}{number}q"

    def restored(self, text: str) -> list[Piece]:
        """Put the marks back into what became of the text."""
        pieces: list[Piece] = []
        for nth, part in enumerate(self.word.split(text)):
            if nth % 2:
                pieces.append(self.marks[int(part)])
            elif part:
                pieces.append(part)
        return pieces

    def marks_in(self, text: str) -> list[Mark]:
        """Give the marks of a stretch of the text, or of what became of it."""
        return [self.marks[int(number)] for number in self.word.findall(text)]

    def problem(self, index: int, length: int, message: str, hint: str | None = None) -> Problem:
        """Give a problem at a stretch of the text."""
        nth = bisect_right(self.anchors, (index, len(self.writing.text))) - 1
        start, origin = self.anchors[max(nth, 0)]
        return self.writing.problem(origin + index - start, length, message, hint, rule="mjml")


def comment_spans(text: str) -> list[tuple[int, int]]:
    """Give the stretches of HTML that are comments; those for Outlook are none."""
    spans: list[tuple[int, int]] = []
    at = 0
    while found := _COMMENT.search(text, at):
        end = text.find("-->", found.start())
        at = len(text) if end < 0 else end + 3
        spans.append((found.start(), at))
    return spans


def without_comments(pieces: Sequence[Piece], writing: Writing) -> list[Piece]:
    """Leave out the Liquid that stands inside comments of HTML."""
    draft = drafted(pieces, writing)
    spans = comment_spans(draft.text)
    cut = {id(mark) for start, end in spans for mark in draft.marks_in(draft.text[start:end])}
    return [piece for piece in pieces if id(piece) not in cut]


def drafted(pieces: Sequence[Piece], writing: Writing) -> Draft:
    """Replace the marks of a text by words. Liquid's comments are left out."""
    literal = "".join(piece for piece in pieces if isinstance(piece, str))
    stem = "kwmark"
    while stem in literal.lower():
        stem += "x"
    marks, texts, anchors, length = list[Mark](), list[str](), [(0, 0)], 0
    for piece in pieces:
        text = piece if isinstance(piece, str) else ""
        if isinstance(piece, Mark):
            if piece.tag not in _SILENT:
                text = f"{stem}{len(marks)}q"
                marks.append(piece)
            if piece.writing is writing:
                anchors += [(length, piece.at), (length + len(text), piece.at + len(piece.text))]
        texts.append(text)
        length += len(text)
    word = re.compile(rf"{stem}(\d+)q")
    return Draft("".join(texts), tuple(marks), stem, word, writing, tuple(anchors))
