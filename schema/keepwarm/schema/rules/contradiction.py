"""Two lines of one list that never hold together."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import Test
from keepwarm.schema.rules.condition_lists import every_list
from keepwarm.schema.rules.meaning import exclude_each_other, parts_of
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for file, condition in every_list(workspace):
        tests = [part for part in parts_of(condition) if isinstance(part, Test)]
        for number, b in enumerate(tests):
            a = next((a for a in tests[:number] if _never_both(a, b)), None)
            if a is not None:
                yield Finding(
                    Place(file, b.span),
                    f'"{b.fact}" is never both "{a.wanted}" and "{b.wanted}"',
                    'a list means all of its lines; write "any:" before them if one is enough',
                    doubted_by=nothing,
                )


def _never_both(a: Test, b: Test) -> bool:
    return a.fact == b.fact and exclude_each_other(a.phrase, b.phrase)


CONTRADICTION = Rule(
    "contradiction",
    "Two conditions of one list never hold together, so that the list never holds.",
    _find,
)
