"""An attribute that some of those who get a message do not have, written without a default."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from keepwarm.engine.rules.knowing import known_where
from keepwarm.engine.rules.sayings import (
    Saying,
    by_name,
    examined,
    is_asked_for_by_a_slip,
    own_words,
    place_of,
    sayings,
)
from keepwarm.engine.templates.analysis import NameUse
from keepwarm.engine.templates.variables import ALWAYS_THERE
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.rule import Doubt, Finding, Rule
from keepwarm.schema.words import ADDRESS_OF
from keepwarm.schema.workspace import Workspace

_ATTRIBUTE = re.compile(r"customer\.(?P<name>\w+)")

#: What comes of a missing value, by the key that the words of a step stand behind.
_FAILS: Final = {
    "": "the message fails",
    "with": "the call fails",
    "details": "they cannot be written",
}
#: Of a catalog that is not whole, and of what is at fault in it.
_CATALOG: Final = "catalog"
_WHOM: Final = {"with": "those who come here", "details": "those whom these details are about"}


def _find(workspace: Workspace) -> Iterator[Finding]:
    said_by: dict[tuple[str, str], list[Saying]] = defaultdict(list)
    for said in sayings(workspace):
        said_by[said.template, said.form].append(said)
    for key, files in sorted(by_name(workspace).items()):
        for file in files:
            names = examined(file).analysis.names
            yield from _of_words(names, file.file, said_by[key], workspace)
    for words in own_words(workspace):
        names, said = words.examined.analysis.names, words.said
        yield from _of_words(names, said.place.file, [said], workspace)


def _of_words(
    names: Iterable[NameUse], file: str, said: list[Saying], workspace: Workspace
) -> Iterator[Finding]:
    attributes: Mapping[str, object] = workspace.catalog.attributes
    for use in names:
        match = _ATTRIBUTE.fullmatch(use.path)
        if match is None or use.may_be_missing or match["name"] not in attributes:
            continue
        if is_asked_for_by_a_slip(use, workspace.catalog):
            continue
        name = match["name"]
        lacking = [each for each in said if not _is_known(name, each)]
        if lacking:
            yield _finding(name, use, lacking, file, _telling_of(name, workspace.catalog))


def _is_known(name: str, said: Saying) -> bool:
    return name in said.standing.known or name == ADDRESS_OF.get(said.channel)


def _telling_of(name: str, catalog: Catalog) -> list[str]:
    """Name what a condition may ask so that an attribute is known: itself, and segments."""
    segments = catalog.segments.values()
    return [name, *(s.name for s in segments if name in known_where(s.condition, catalog))]


def _finding(
    name: str, use: NameUse, lacking: list[Saying], file: str, telling: list[str]
) -> Finding:
    first = lacking[0]
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    example = "there" if "name" in name else "…"
    comes = "nothing is written" if name in ALWAYS_THERE else _FAILS.get(first.template, _FAILS[""])
    who = _WHOM.get(first.template, "those who get this")
    return Finding(
        place_of(use, file, use.path),
        f'some of {who} have no "{name}", and for them {comes}',
        f"{_late(use)}write {{{{ {use.path} | default: '{example}' }}}}, "
        f"or ask first: {{% if {use.path} %}}; "
        f'or let only those come to {first.place}{more} of whom "{name}" is known',
        doubted_by=_may_let_in_only_those_with(telling, lacking),
        rests_on=tuple(sorted({each.playbook.place.file for each in lacking})),
    )


def _late(use: NameUse) -> str:
    """Say of a default that it comes too late."""
    if not use.before_default:
        return ""
    return f'its default comes too late: "{use.before_default}" needs a value before it; '


def _may_let_in_only_those_with(telling: Iterable[str], lacking: Iterable[Saying]) -> Doubt:
    """Doubt where what could not be read, on the way to a step, may see to it that it is known.

    `telling` are the names by which a condition may see to it.
    """
    last: dict[str, int] = {}
    for each in lacking:
        file, line = each.playbook.place.file, each.place.span.end_line
        last[file] = max(line, last.get(file, 0))
    names = "|".join(map(re.escape, telling))
    named = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")

    def is_on_the_way(problem: Problem) -> bool:
        if problem.span.line > last.get(problem.file, -1):
            return False
        said = f"{problem.message} {problem.replacement or ''}"
        return problem.rule == _CATALOG or named.search(said) is not None

    return is_on_the_way


EMPTY_VALUE = Rule(
    "empty-value",
    "A message writes an attribute that some of its customers lack, and has no `default` for it.",
    _find,
)
