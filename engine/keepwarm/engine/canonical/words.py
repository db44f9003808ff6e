"""The words of a template in canonical lines: comments and the layout of its source are gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from keepwarm.engine.canonical.lines import Aspect, Line
from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import TemplateFile

_HEAD: Final = ("subject", "preheader", "sender", "reply_to", "title")

#: A Liquid comment, on one line or on several.
_LIQUID_COMMENT: Final = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{%-?\s*#.*?-?%\}", re.DOTALL
)
#: A comment of MJML; a conditional one is markup for some mail programs.
_MARKUP_COMMENT: Final = re.compile(r"<!--(?!\[if).*?-->", re.DOTALL)
_TAG: Final = re.compile(r"(<[^<>]*(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>)")
_INSIDE_BRACES: Final = re.compile(r"(\{\{-?|\{%-?)\s*(.*?)\s*(-?\}\}|-?%\})", re.DOTALL)


def template_lines(file: TemplateFile) -> tuple[Line, ...]:
    """Give the head and the words of one template file."""
    lines = {key: line for key, line, _ in file.head_places}
    head = [
        Line(f"{key}: {_tidy(said)}", 0, Aspect.WORDS, _at(file, lines.get(key, 1)))
        for key in _HEAD
        if (said := getattr(file, key)) is not None
    ]
    body = _of_markup(file) if file.form == "mjml" else _of_text(file)
    return (*head, *body)


def _of_markup(file: TemplateFile) -> Iterator[Line]:
    """Give a line for each tag and for each text between tags."""
    body = _without(_LIQUID_COMMENT, _without(_MARKUP_COMMENT, file.body))
    parts = _TAG.split(body)
    number = file.body_line
    for index, part in enumerate(parts):
        before, after = parts[max(index - 1, 0)], parts[min(index + 1, len(parts) - 1)]
        said = _tidy(part) if part.startswith("<") else _text_between(before, part, after)
        if said:
            blank = len(part) - len(part.lstrip())
            yield Line(said, 0, Aspect.WORDS, _at(file, number + part[:blank].count("\n")))
        number += part.count("\n")


def _text_between(before: str, text: str, after: str) -> str:
    """Give a text with single spaces; beside a tag of HTML, a space is one that readers see."""
    said = _tidy(text)
    if text[:1].isspace() and _is_inline(before) and (said or _is_inline(after)):
        said = f" {said}"
    if text[-1:].isspace() and _is_inline(after) and said.strip():
        said = f"{said} "
    return said


def _is_inline(tag: str) -> bool:
    return tag.startswith("<") and not tag.removeprefix("</").removeprefix("<").startswith("mj")


def _of_text(file: TemplateFile) -> Iterator[Line]:
    """Give the lines of a text, whose breaks its reader sees."""
    body = _without(_LIQUID_COMMENT, file.body)
    blank = len(body) - len(body.lstrip("\n"))
    for number, line in enumerate(body.strip("\n").splitlines(), file.body_line + blank):
        yield Line(
            _INSIDE_BRACES.sub(r"\1 \2 \3", line.rstrip()), 0, Aspect.WORDS, _at(file, number)
        )


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Give the text without what matches, its lines still where they were."""
    return pattern.sub(lambda found: "\n" * found[0].count("\n"), text)


def _tidy(text: str) -> str:
    """Give a text with single spaces, inside Liquid's braces too."""
    return " ".join(_INSIDE_BRACES.sub(r"\1 \2 \3", text).split())


def _at(file: TemplateFile, line: int) -> Place:
    return Place(file.file, Span(line, 1, line, 1))
