"""The same line twice in one list."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import Test
from keepwarm.schema.rules.condition_lists import every_group
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for file, group in every_group(workspace):
        seen: dict[Test, Test] = {}
        for part in group.of:
            if not isinstance(part, Test):
                continue
            first = seen.setdefault(part, part)
            if first is not part:
                yield Finding(
                    Place(file, part.span),
                    f'"{part.fact}: {part.wanted}" stands twice in this list',
                    f"the first one is on line {first.span.line}; was another one meant?",
                    doubted_by=nothing,
                )


SAID_TWICE = Rule(
    "said-twice",
    "The same condition stands twice in one list, where probably another was meant.",
    _find,
)
