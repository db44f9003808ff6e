"""A template in a language of which the words of dates are not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from keepwarm.engine.templates.languages import known_words
from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace

#: A filter and the form that stands behind it in quotes.
_USE: Final = re.compile(
    r"\|\s*(?P<name>date|money)\b(?:\s*:\s*(?P<quote>['\"])(?P<form>.*?)(?P=quote))?"
)
#: What of a form is written in words: the names of months and of weekdays.
_IN_WORDS: Final = re.compile(r"long|short|full|%-?[aAbB]")


def _find(workspace: Workspace) -> Iterator[Finding]:
    for file in workspace.templates.values():
        language = file.language or workspace.catalog.language
        if language and known_words(language) is None:
            yield from _in_file(file, language)


def _in_file(file: TemplateFile, language: str) -> Iterator[Finding]:
    for used in _USE.finditer(file.body):
        is_date = used["name"] == "date"
        if is_date and not _IN_WORDS.search(used["form"] or "long"):
            continue
        line = file.body_line + file.body.count("\n", 0, used.start("name"))
        column = used.start("name") - file.body.rfind("\n", 0, used.start("name"))
        yield Finding(
            Place(file.file, Span(line, column, line, column + len(used["name"]))),
            f'this comes in English: how "{language}" writes '
            f"{'dates' if is_date else 'amounts'} is not known",
            "write the date in figures:  date: '%d.%m.%Y'"
            if is_date
            else "write the number without it, and the currency beside it",
            doubted_by=nothing,
        )


DATES_IN_ENGLISH = Rule(
    "dates-in-english",
    "A template writes a date or an amount in a language whose words for it are not known.",
    _find,
)
