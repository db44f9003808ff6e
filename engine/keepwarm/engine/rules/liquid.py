"""Words that are no Liquid: an unknown filter or tag, a tag that is never closed."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.engine.rules.template_faults import template_faults
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    yield from template_faults(workspace, "liquid")


LIQUID = Rule(
    "liquid",
    "A template, or a text of a step, is no Liquid: an unknown filter or tag, a tag never closed.",
    _find,
    may_be_allowed=False,
)
