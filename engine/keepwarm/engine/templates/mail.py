"""The texts of an e-mail: subject, preheader, HTML, and the plain text made from the HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from keepwarm.engine.templates import finishes, tidying
from keepwarm.engine.templates.dialect import HTML, PLAIN, TEXT_OF_HTML
from keepwarm.engine.templates.drafts import drafted, without_comments
from keepwarm.engine.templates.footers import footer
from keepwarm.engine.templates.marks import Mark, Piece, Source, Writing, pieces_of
from keepwarm.engine.templates.mjml import Additions, Html, html_of
from keepwarm.engine.templates.parsing import parse
from keepwarm.engine.templates.plain_text import plain_text_of
from keepwarm.engine.templates.texts import Setting, compile_text
from keepwarm.engine.templates.wordings import Text
from keepwarm.schema.problems import PlaybookRefused, Problem
from keepwarm.schema.words import Kind


def mail_texts(setting: Setting) -> list[Text]:
    """Give the texts of a mail; raises PlaybookRefused with everything that is wrong in it."""
    problems: list[Problem] = []
    texts: list[Text] = []
    for make in (_head_texts, _body_texts):
        try:
            texts += make(setting)
        except PlaybookRefused as refused:
            problems += refused.problems
    if problems:
        raise PlaybookRefused(problems)
    return texts


def _head_texts(setting: Setting) -> list[Text]:
    file = setting.file
    subject = setting.head("subject", file.subject)
    if subject is None:
        hint = "write subject: in the head of the file"
        problem = Writing("", file.file).problem(0, 1, "this mail has no subject", hint)
        raise PlaybookRefused([problem])
    preheader = setting.head("preheader", file.preheader)
    return [subject, preheader] if preheader else [subject]


def _body_texts(setting: Setting) -> list[Text]:
    writing = setting.body()
    html = _html(setting, writing)
    text = compile_text("html", html.pieces(), writing, setting, dialect=HTML)
    return [text, _plain_text(setting, writing, html)]


def _html(setting: Setting, writing: Writing) -> Html:
    """Give the mail's HTML, a marketing mail's with the footer that it does not write itself."""
    file = setting.file
    is_mjml = file.form == "mjml"
    pieces = without_comments(pieces_of(writing), writing)
    written = parse(Source.of(pieces, writing), PLAIN)  # it tells of Liquid what MJML would hide
    end: Sequence[Piece] = ()
    if setting.kind is Kind.MARKETING:
        end = footer(written.nodes, file.file, setting.language, mjml=is_mjml)
    if is_mjml:
        return html_of(pieces, writing, Additions(_preheader(setting), end, file.language))
    draft = drafted(_before_body_end(pieces, end), writing)
    return Html(draft.text, draft)


def _preheader(setting: Setting) -> list[Piece]:
    """Give the preheader as it stands in HTML."""
    written = Writing.of_head(setting.file, "preheader", setting.file.preheader or "")
    return [each if isinstance(each, Mark) else escape(each) for each in pieces_of(written)]


def _before_body_end(pieces: Sequence[Piece], end: Sequence[Piece]) -> list[Piece]:
    for nth in range(len(pieces) - 1, -1, -1):
        piece = pieces[nth]
        at = piece.lower().rfind("</body") if isinstance(piece, str) else -1
        if isinstance(piece, str) and at >= 0:
            return [*pieces[:nth], piece[:at], *end, piece[at:], *pieces[nth + 1 :]]
    return [*pieces, *end]


def _plain_text(setting: Setting, writing: Writing, html: Html) -> Text:
    return compile_text(
        "text",
        plain_text_of(html),
        writing,
        setting,
        dialect=TEXT_OF_HTML,
        finish=finishes.without_controls,
        tidy=tidying.in_good_order,
    )
