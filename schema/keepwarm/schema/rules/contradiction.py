"""Two lines of one list that never hold together."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.conditions import All, AnyOf, Condition, Test
from keepwarm.schema.rules.condition_lists import every_list
from keepwarm.schema.rules.held import Held, first_test
from keepwarm.schema.rules.meaning import parts_of
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace

_MEND = 'a list means all of its lines; write "any:" before them if one is enough'


def _find(workspace: Workspace) -> Iterator[Finding]:
    for file, condition in every_list(workspace):
        parts = list(parts_of(condition))
        for number, part in enumerate(parts):
            why = _excluding(part, parts[:number], workspace.catalog)
            test = first_test(part)
            if why is not None and test is not None:
                yield _finding(part, test, why, file)


def _excluding(part: Condition, above: list[Condition], catalog: Catalog) -> Test | None:
    """Give the test above a line with which the line never holds."""
    why = Held(catalog).where(All(tuple(above))).excludes(part)
    if why is not None:
        return why
    here = Held(catalog).where(part)
    never = (each for each in above if isinstance(each, AnyOf) and here.excludes(each))
    return next((first_test(each) for each in never), None)


def _finding(part: Condition, test: Test, why: Test, file: str) -> Finding:
    message = f'"{test.fact}: {test.wanted}" never holds beside "{why.fact}: {why.wanted}"'
    if isinstance(part, Test) and test.fact == why.fact:
        message = f'"{test.fact}" is never both "{why.wanted}" and "{test.wanted}"'
    elif not isinstance(part, Test):
        message = f'this never holds beside "{why.fact}: {why.wanted}" (line {why.span.line})'
    return Finding(Place(file, test.span), message, _MEND, doubted_by=nothing)


CONTRADICTION = Rule(
    "contradiction",
    "Two conditions of one list never hold together, so that the list never holds.",
    _find,
)
