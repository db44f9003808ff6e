"""A question that makes no difference: whatever the answer, the same is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import ChooseStep
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.walking import every_step
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        for step in every_step(playbook.steps):
            if isinstance(step, ChooseStep) and _is_the_same(step):
                yield Finding(
                    step.common.place,
                    "whatever the answer, the same is done",
                    "leave the question out, or let one of its ways do something else",
                )


def _is_the_same(step: ChooseStep) -> bool:
    """Tell whether everybody is asked, and each way does what the others do."""
    if not any(arm.when is None for arm in step.arms) or not step.arms[0].steps:
        return False
    first, *others = (_without_places(arm.steps) for arm in step.arms)
    return bool(others) and all(other == first for other in others)


def _without_places(value: object) -> object:
    match value:
        case Place() | Span():
            return None
        case tuple():
            return tuple(_without_places(each) for each in value)
        case _ if is_dataclass(value):
            return (
                type(value),
                *(_without_places(getattr(value, each.name)) for each in fields(value)),
            )
        case _:
            return value


SAME_EITHER_WAY = Rule(
    "same-either-way",
    "A choice makes no difference: each of its ways does the same.",
    _find,
)
