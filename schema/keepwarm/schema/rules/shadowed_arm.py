"""A `when` whose customers have all gone another way above it."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.conditions import Condition, Test
from keepwarm.schema.playbook import Arm, ChooseStep
from keepwarm.schema.rules.held import Held
from keepwarm.schema.rules.meaning import implies, parts_of
from keepwarm.schema.rules.rule import Finding, Rule, on_lines
from keepwarm.schema.walking import every_step
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        for step in every_step(playbook.steps):
            if isinstance(step, ChooseStep):
                yield from _in_choice(step, workspace.catalog)


def _in_choice(step: ChooseStep, catalog: Catalog) -> Iterator[Finding]:
    last = _last_that_takes_anybody(step, catalog)
    for number, arm in enumerate(step.arms):
        above = next((other for other in step.arms[:number] if _takes_all(other, arm)), None)
        if above is None and last is not None and number > last:
            above = step.arms[last]
        if above is not None:
            line = _asked_at(above).span.line
            yield Finding(
                _asked_at(arm),
                "nobody is left for this arm",
                f"whoever it would take, the arm on line {line} has taken already",
                doubted_by=on_lines(step.common.place.span.line, arm.place.span.line),
            )


def _asked_at(arm: Arm) -> Place:
    """Give where an arm asks for whom it is; one that asks nothing, where it stands."""
    first = None if arm.when is None else next(_tests_of(arm.when), None)
    return arm.place if first is None else Place(arm.place.file, first.span)


def _tests_of(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
        return
    for each in condition.of:
        yield from _tests_of(each)


def _last_that_takes_anybody(step: ChooseStep, catalog: Catalog) -> int | None:
    """Give the arm that takes all whom those above it left: "yes" below "no"; None if none does."""
    left = Held(catalog)
    for number, arm in enumerate(step.arms):
        if arm.when is None:
            return None
        if number and left.implies(arm.when):
            return number
        left = left.unless(arm.when)
    return None


def _takes_all(above: Arm, arm: Arm) -> bool:
    """Tell whether everybody whom an arm would take has been taken by one above it."""
    if above.when is None or arm.when is None:
        return False
    asked = parts_of(arm.when)
    return all(_follows(wanted, asked) for wanted in parts_of(above.when))


def _follows(wanted: Condition, asked: tuple[Condition, ...]) -> bool:
    """Tell whether a condition holds wherever all of the others do."""
    if wanted in asked:
        return True
    return isinstance(wanted, Test) and any(
        isinstance(part, Test) and part.fact == wanted.fact and implies(part.phrase, wanted.phrase)
        for part in asked
    )


SHADOWED_ARM = Rule(
    "shadowed-arm",
    "An arm of a choice takes nobody, because an arm above it takes all of its customers.",
    _find,
)
