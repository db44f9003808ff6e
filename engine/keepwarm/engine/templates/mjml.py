"""MJML becomes HTML once, when a template is compiled; what is Liquid in it comes through whole.

mrml never sees Liquid: each mark is replaced by a word, and put back in the HTML. A tag that
stands between elements is wrapped in `mj-raw`, where mrml leaves it in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import mrml

from keepwarm.engine.templates.drafts import Draft, drafted
from keepwarm.engine.templates.marks import Piece, Writing
from keepwarm.engine.templates.mjml_reading import MjmlReading
from keepwarm.schema.problems import PlaybookRefused

_POSITION = re.compile(r"position (\d+):")
_LANGUAGE = re.compile(r"<mjml(?![^>]*\blang\s*=)")
_HEAD = re.compile(r"<mj-head\s*>")
_NO_HEAD = re.compile(r"(?=<mj-body)")
_PREVIEW = re.compile(r"<mj-preview")
_BODY_END = re.compile(r"(?=</mj-body>)")


@dataclass(frozen=True, slots=True)
class Additions:
    """What a mail is given that its template does not write itself."""

    #: The words that an inbox shows behind the subject.
    preheader: Sequence[Piece] = ()
    #: MJML for the end of the mail.
    footer: Sequence[Piece] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Html:
    """A mail's HTML, in which each Liquid mark is still a word."""

    text: str
    draft: Draft

    def pieces(self) -> list[Piece]:
        """Give the HTML with its Liquid."""
        return self.draft.restored(self.text)


def html_of(pieces: Sequence[Piece], writing: Writing, additions: Additions) -> Html:
    """Give MJML as HTML; raises PlaybookRefused with everything that is wrong in it."""
    try:
        return _html_of(_with(pieces, additions), writing)
    except PlaybookRefused:
        # What is wrong is told as it was written, without what is added.
        _html_of(pieces, writing)
        raise


def _html_of(pieces: Sequence[Piece], writing: Writing) -> Html:
    reading = _read(pieces, writing)
    html = reading.leading() + _rendered(reading)
    reading.check_nothing_lost(html)
    _refuse_if_wrong(reading)
    return Html(html, reading.draft)


def _read(pieces: Sequence[Piece], writing: Writing) -> MjmlReading:
    reading = MjmlReading(drafted(pieces, writing))
    reading.read()
    _refuse_if_wrong(reading)
    return reading


def _refuse_if_wrong(reading: MjmlReading) -> None:
    if reading.problems:
        raise PlaybookRefused(reading.problems)


def _rendered(reading: MjmlReading) -> str:
    """Give what mrml makes of it, without the web fonts that mrml would load from Google."""
    try:
        output = mrml.to_html(reading.wrapped(), None, mrml.RenderOptions(fonts={}))
    except OSError as error:
        found = _POSITION.search(str(error))
        message = f"this is no MJML ({error})"
        raise PlaybookRefused(
            [reading.draft.problem(int(found[1]) if found else 0, 1, message)]
        ) from None
    return str(output.content)


def _with(pieces: Sequence[Piece], additions: Additions) -> list[Piece]:
    """Give the pieces with what is added."""
    added = list(pieces)
    if additions.language:
        added = _inserted(added, _LANGUAGE, [f' lang="{additions.language}"']) or added
    if additions.preheader and not _finds(added, _PREVIEW):
        preview: list[Piece] = ["<mj-preview>", *additions.preheader, "</mj-preview>"]
        head: list[Piece] = ["<mj-head>", *preview, "</mj-head>"]
        added = _inserted(added, _HEAD, preview) or _inserted(added, _NO_HEAD, head) or added
    if additions.footer:
        added = _inserted(added, _BODY_END, additions.footer) or added
    return added


def _inserted(
    pieces: Sequence[Piece], where: re.Pattern[str], addition: Sequence[Piece]
) -> list[Piece] | None:
    """Insert pieces behind the first literal text that matches; None where nothing does."""
    for nth, piece in enumerate(pieces):
        if isinstance(piece, str) and (found := where.search(piece)):
            before, after = piece[: found.end()], piece[found.end() :]
            return [*pieces[:nth], before, *addition, after, *pieces[nth + 1 :]]
    return None


def _finds(pieces: Sequence[Piece], what: re.Pattern[str]) -> bool:
    return any(isinstance(piece, str) and what.search(piece) for piece in pieces)
