"""A marketing mail whose link to unsubscribe leads past Keepwarm, so that nobody hears of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepwarm.engine.rules.sayings import by_name, sayings
from keepwarm.engine.templates.footers import UNSUBSCRIBE
from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.words import Channel, Kind
from keepwarm.schema.workspace import Workspace

_LINK = re.compile(
    r"""<(?:a|mj-button)\b[^>]*\bhref\s*=\s*(?P<quote>["'])(?P<to>.*?)(?P=quote)[^>]*>(?P<words>.*?)</""",
    re.DOTALL | re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:unsubscribe_url|preferences_url)\b")
_WAYS_OUT = {*UNSUBSCRIBE.values(), "opt out", "opt-out"}
_WORDS = re.compile("|".join(map(re.escape, _WAYS_OUT)), re.IGNORECASE)


def _find(workspace: Workspace) -> Iterator[Finding]:
    marketing = {
        (said.template, said.form)
        for said in sayings(workspace)
        if said.channel is Channel.EMAIL and said.kind is Kind.MARKETING
    }
    for key, files in by_name(workspace).items():
        for file in files if key in marketing else ():
            yield from _in_file(file)


def _in_file(file: TemplateFile) -> Iterator[Finding]:
    for link in _LINK.finditer(file.body):
        if _WORDS.search(link["words"]) and not _OURS.search(link["to"]):
            line = file.body_line + file.body.count("\n", 0, link.start("to"))
            column = link.start("to") - (file.body.rfind("\n", 0, link.start("to")) + 1) + 1
            width = len(link["to"].split("\n")[0])
            yield Finding(
                Place(file.file, Span(line, column, line, column + width)),
                "this link to unsubscribe leads past us: who follows it would go on getting mail",
                'write href="{{ unsubscribe_url }}", or leave the link out: every marketing mail '
                "is given one",
                doubted_by=nothing,
            )


UNSUBSCRIBE_LINK = Rule(
    "unsubscribe-link",
    "A marketing mail has a link to unsubscribe that is not ours.",
    _find,
)
