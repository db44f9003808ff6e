"""What YAML would take and we do not, in our sentences: the builder of nodes tells of it here."""

from __future__ import annotations

import re

from keepwarm.schema.nodes import Scalar, Span
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import quoted, shortened
from keepwarm.schema.yaml_reading.page import Page, Stretch
from keepwarm.schema.yaml_reading.signs import in_quotes, in_words

#: Spaces that look ordinary and are not: they come with text copied from web pages and Word.
ODD_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u202f\u205f\u2060\u3000"
)
#: Signs with which lists begin in mails and word processors.
LIKE_A_DASH = "\u2010\u2011\u2012\u2013\u2014\u2022\u2023\u25aa\u00b7\u2212"
_WITHOUT_WIDTH = "\u200b\u2060"
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*")


class TooMuch(Exception):  # noqa: N818  it reads as what happened
    """The file is larger or deeper than any playbook; reading on would be unwise."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class Complaints:
    """Collects the problems of one page; raises TooMuch where there are too many."""

    def __init__(self, page: Page, most: int) -> None:
        self.problems: list[Problem] = []
        self._page = page
        self._most = most

    def second_document(self, line: int, column: int) -> None:
        self._at(
            "several-documents",
            (line, column, column + 3),
            "a second document begins here; a file holds one",
            'delete the "---", or put what follows into a file of its own',
        )

    def alias(self, name: str, stretch: Stretch) -> None:
        self._at(
            "alias",
            stretch,
            f"{quoted(name)} repeats what was named elsewhere, and that is not read",
            f"write the value out; if it is a text, put it in quotes: {in_quotes(shortened(name))}",
        )

    def key_not_text(self, span: Span) -> None:
        self._on("key-not-text", span, 'a name before a ":" must be a text', 'write "name: value"')

    def merge_key(self, span: Span) -> None:
        self._on(
            "merge-key",
            span,
            '"<<" merges another mapping, and that is not read',
            "write the settings out",
        )

    def empty_key(self, span: Span) -> None:
        self._on("empty-key", span, 'there is no name before this ":"', 'write "name: value"')

    def no_space_after_dash(self, key: Scalar) -> None:
        message = 'a space is missing after "-"'
        self._on("missing-space", key.span, message, None, f"- {key.text[1:]}")

    def no_dash(self, key: Scalar) -> None:
        sign = key.text[0]
        message = f'an entry of a list begins with "-", and this is "{sign}"'
        hint = "it came with a copied text, or from a word processor"
        self._on("list-sign", key.span, message, hint, f"- {key.text[1:].lstrip()}")

    def twice(self, key: Scalar, first: int) -> None:
        self._on(
            "duplicate-key",
            key.span,
            f"{quoted(key.text)} is written twice here; the first one is on line {first}",
            "keep one of them",
        )

    def cut(self, text: str, span: Span, line: str, at: int) -> None:
        """Tell that a text lost what stands behind a "#", which is at this column from 0."""
        comment = line.find(" # ", at)
        end = len(line[: comment if comment >= 0 else len(line)].rstrip())
        lost = line[at:end]
        whole = f"{text}{line[span.end_column - 1 : end]}" if text else lost
        is_nothing = "" if text else ", so that nothing is left"
        self._at(
            "cut-text",
            (span.end_line - 1, at, end),
            f"{quoted(lost)} is taken as a comment and is not part of the text{is_nothing}",
            f"to keep it, put the whole text in quotes: {in_quotes(shortened(whole))}; "
            'to comment, write a space after "#"',
        )

    def symbol(self, span: Span, text: str, meant: str | None) -> None:
        hint = "comparisons are written in words" if meant else "if it is a text, put it in quotes"
        self._on(
            "symbol", span, f'a value cannot begin with "{text[0]}"', hint, meant or in_quotes(text)
        )

    def odd_indentation(self, text: str, span: Span) -> None:
        """Tell of odd spaces with which a line begins: they were meant to indent it, if any may."""
        above = next((each for each in self._page.shown[span.line - 2 :: -1] if each.strip()), "")
        if span.line == 1:
            above = ""
        rest = text.lstrip(ODD_SPACES)
        begins = Span(span.line, span.column, span.line, span.column + len(text) - len(rest))
        width = sum(each not in _WITHOUT_WIDTH for each in text[: len(text) - len(rest)])
        beside = len(above) - len(above.lstrip()) - (span.column - 1)
        opens = above.rstrip().endswith(":") or above.lstrip().startswith("- ")
        meant = " " * (width if opens else min(width, max(beside, 0)))
        self._on(
            "odd-space",
            begins,
            "this line is indented with spaces that are no ordinary ones",
            "they came with a copied text; delete them and type spaces",
            meant,
        )

    def odd_space(self, text: str, span: Span) -> None:
        self._on(
            "odd-space",
            span,
            f"{quoted(text)} begins or ends with a space that is no ordinary one",
            "it came with a copied text; delete it and type a space",
            text.strip(ODD_SPACES),
        )

    def properties(self, anchor: str | None, tag: str | None, line: int, column: int) -> None:
        """Tell of `&name` and `!name` before a value."""
        found = _PROPERTY.match(self._page.shown[line], column)
        written = found.group() if found else ""
        stretch = line, column, column + len(written)
        if anchor is not None:
            self._at(
                "anchor",
                stretch,
                f"{quoted(written)} names this value to repeat it elsewhere, and that is not read",
                f"delete it; if it is a text, put it in quotes: {in_quotes(shortened(written))}",
            )
        if tag is not None:
            self._at(
                "tag",
                stretch,
                f"{quoted(written)} is a YAML tag, and tags are not read",
                "delete it: the catalog says what type a value has; if it is a text, put it in "
                "quotes",
            )

    def tag_for_not(self, written: str, stretch: Stretch) -> str:
        """Tell of `!free`, and give what it means."""
        meant = in_words(written) or written
        message = f"{quoted(written)} is a YAML tag, and tags are not read"
        self._at("tag", stretch, message, 'to say "not", write the word', meant)
        return meant

    def _at(
        self, rule: str, stretch: Stretch, message: str, hint: str, replacement: str | None = None
    ) -> None:
        self._add(self._page.problem(rule, stretch, message, hint, replacement))

    def _on(
        self, rule: str, span: Span, message: str, hint: str | None, replacement: str | None = None
    ) -> None:
        self._add(Problem(rule, self._page.file, span, message, hint, replacement))

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= self._most:
            more = f"this file has more than {self._most} problems; the rest is not read"
            raise TooMuch(Problem("too-many-problems", problem.file, problem.span, more))


def too_deep(page: Page, most: int, line: int, column: int) -> TooMuch:
    """Give the refusal of a file whose lists and settings lie too deep in one another."""
    return TooMuch(
        page.problem(
            "too-deep",
            (line, column, column + 1),
            f"lists and settings lie more than {most} deep in one another here",
            "no playbook needs a tenth of that; check the indentation and the brackets",
        )
    )


def too_many_nodes(page: Page, most: int, line: int, column: int) -> TooMuch:
    """Give the refusal of a file with more names, values and lists than any playbook."""
    return TooMuch(
        page.problem(
            "too-many-nodes",
            (line, column, column),
            f"this file holds more than {most:,} names, values and lists",
            "a playbook is a page or two; put each into a file of its own",
        )
    )
