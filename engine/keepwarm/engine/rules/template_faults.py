"""What is wrong in the words of a template: no Liquid, or no MJML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from keepwarm.engine.rules.sayings import examined, own_words
from keepwarm.engine.templates.compiling import compile_template
from keepwarm.engine.templates.drafts import drafted, without_comments
from keepwarm.engine.templates.marks import Writing, pieces_of
from keepwarm.engine.templates.mjml import Additions, html_of
from keepwarm.engine.templates.mjml_reading import MjmlReading
from keepwarm.schema.catalog import Place
from keepwarm.schema.playbook import Policies, TemplateFile
from keepwarm.schema.problems import PlaybookRefused, Problem
from keepwarm.schema.rules.rule import Finding, nothing
from keepwarm.schema.workspace import Workspace

_MARK: Final = re.compile(r"\{\{(?:(?!\{[{%]).)*?\}\}|\{%(?:(?!\{[{%]).)*?%\}", re.DOTALL)
_VISIBLE: Final = re.compile(r"[^\n]")


def template_faults(workspace: Workspace, rule: str) -> Iterator[Finding]:
    """Give the faults of one sort, `liquid` or `mjml`, of every template and every step."""
    policies = workspace.policies
    for file in workspace.templates.values():
        if file.body.strip():
            yield from _findings(_faults(file, file.head_places, policies), rule)
    for words in own_words(workspace):
        yield from _findings(words.examined.problems, rule)


def _findings(problems: tuple[Problem, ...], rule: str) -> Iterator[Finding]:
    for problem in problems:
        if problem.rule == rule:
            place = Place(problem.file, problem.span)
            yield Finding(
                place, problem.message, problem.hint, problem.replacement, doubted_by=nothing
            )


@lru_cache(maxsize=4096)  # both rules ask of every file
def _faults(
    file: TemplateFile, _places: tuple[tuple[str, int, int], ...], policies: Policies
) -> tuple[Problem, ...]:
    liquid = examined(file).problems
    if liquid:
        # An open tag would confuse the reading of elements; an unknown filter does not.
        is_parsed = all("filter" in problem.message for problem in liquid)
        return (*liquid, *(_of_mjml(file) if is_parsed else _of_markup(file, liquid)))
    try:
        compile_template([_as_original(file)], policies)
    except PlaybookRefused as refused:
        return refused.problems
    return ()


def _of_mjml(file: TemplateFile) -> tuple[Problem, ...]:
    if file.form != "mjml":
        return ()
    writing = Writing(file.body, file.file, file.body_line)
    try:
        html_of(without_comments(pieces_of(writing), writing), writing, Additions((), (), None))
    except PlaybookRefused as refused:
        return refused.problems
    return ()


def _of_markup(file: TemplateFile, liquid: tuple[Problem, ...]) -> Iterator[Problem]:
    """Give the faults of the markup alone, as if the Liquid in it were not there."""
    if file.form != "mjml":
        return
    blank = _MARK.sub(lambda mark: _VISIBLE.sub(" ", mark[0]), file.body)
    writing = Writing(blank, file.file, file.body_line)
    reading = MjmlReading(drafted([blank], writing))
    reading.read()
    told = {line for each in liquid for line in range(each.span.line, each.span.end_line + 1)}
    # What is left of broken Liquid may look like words in a wrong place.
    yield from (each for each in reading.problems if each.span.line not in told)


def _as_original(file: TemplateFile) -> TemplateFile:
    """Give a translation as a template of its own: each is written, and at fault, by itself."""
    # That a mail has no subject is told where its head is read.
    subject = file.subject or ("-" if file.form == "mjml" else None)
    return replace(file, language=None, subject=subject)
