"""A playbook that lets in those whom it stops."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import ALWAYS, AnyOf, Condition, Test
from keepwarm.schema.playbook import OnDate, OnSchedule, Playbook, WhenBecomes
from keepwarm.schema.rules.meaning import implies, parts_of
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        if not isinstance(playbook.stop_if_any, AnyOf):
            continue
        tests = [part for part in _at_the_start(playbook) if isinstance(part, Test)]
        for stop in playbook.stop_if_any.of:
            let_in = next((test for test in tests if _is_stopped(test, stop)), None)
            if let_in is not None and isinstance(stop, Test):
                yield Finding(
                    Place(playbook.place.file, stop.span),
                    "everybody who gets in is stopped at once",
                    f'only customers with "{let_in.fact}: {let_in.wanted}" get in '
                    f"(line {let_in.span.line})",
                    doubted_by=nothing,
                )


def _at_the_start(playbook: Playbook) -> tuple[Condition, ...]:
    """Give what holds of every customer at the moment of entering."""
    found = parts_of(playbook.only_if)
    match playbook.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            return (*found, *parts_of(condition))
        case WhenBecomes(condition=condition):
            return (*found, *parts_of(condition))
        case _:
            return found if playbook.only_if != ALWAYS else ()


def _is_stopped(test: Test, stop: Condition) -> bool:
    return isinstance(stop, Test) and stop.fact == test.fact and implies(test.phrase, stop.phrase)


STOPS_AT_ONCE = Rule(
    "stops-at-once",
    "What lets a customer in is also what stops the playbook.",
    _find,
)
