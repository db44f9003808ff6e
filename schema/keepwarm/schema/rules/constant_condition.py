"""A condition that is decided before it is asked: it always holds, or never does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.conditions import ALWAYS, AnyOf, Condition, Happened, InSegment, OneOf, Test
from keepwarm.schema.nodes import Mapping
from keepwarm.schema.playbook import (
    ChooseStep,
    OnDate,
    OnSchedule,
    Playbook,
    SplitStep,
    Step,
    StopStep,
    WaitStep,
    WhenBecomes,
    WhenEvent,
)
from keepwarm.schema.rules.condition_lists import every_group
from keepwarm.schema.rules.held import Held, facts_written, first_test
from keepwarm.schema.rules.meaning import leave_nothing_out, parts_of
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.rule import Finding, Rule, hidden_time, nothing
from keepwarm.schema.walking import every_step
from keepwarm.schema.workspace import Workspace


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        walk = _Walk(playbook.place.file, _line_of_steps(playbook, workspace))
        held = _at_the_start(playbook, workspace)
        yield from walk.asked(playbook.only_if, held)
        held = held.where(playbook.only_if).beside(playbook.stop_if_any)
        yield from walk.steps(playbook.steps, held)
    for file, group in every_group(workspace):
        for part in group.of:
            if isinstance(part, Test):
                yield from _of_every_choice(part, file, workspace.catalog)
        if isinstance(group, AnyOf):
            yield from _of_everybody(group, file)


def _at_the_start(playbook: Playbook, workspace: Workspace) -> Held:
    held = Held(workspace.catalog)
    match playbook.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            return held.where(condition)
        case WhenBecomes(condition=condition):
            return held.where(condition)
        case WhenEvent(event=event):
            place = place_of_setting(workspace, playbook.place.file, "start", "event")
            return held.after_event(event, (place or playbook.place).span)
        case _:
            return held


def _line_of_steps(playbook: Playbook, workspace: Workspace) -> int:
    """Give the line on which the steps begin, those that could not be read among them."""
    node = workspace.nodes.get(playbook.place.file)
    entry = node.entry("steps") if isinstance(node, Mapping) else None
    return 1 if entry is None else entry.key.span.line


class _Walk:
    """Goes through a playbook with what is certain of those who come along."""

    def __init__(self, file: str, first_step: int) -> None:
        self._file = file
        self._first_step = first_step

    def steps(self, steps: Sequence[Step], held: Held) -> Iterator[Finding]:
        """Give what is decided already on the way through these steps."""
        for step in steps:
            only_if = step.common.only_if
            if only_if != ALWAYS:
                yield from self.asked(only_if, held)
            yield from self.inside(step, held.where(only_if))
            held = _behind(step, held)

    def inside(self, step: Step, held: Held) -> Iterator[Finding]:
        match step:
            case ChooseStep(arms=arms):
                left = held
                for arm in arms:
                    if arm.when is None:
                        yield from self.steps(arm.steps, left)
                        continue
                    # An arm that those above it leave nobody for breaks a rule of its own.
                    yield from self.asked(arm.when, held)
                    yield from self.steps(arm.steps, left.where(arm.when))
                    left = left.unless(arm.when)
            case SplitStep(portions=portions):
                for portion in portions:
                    yield from self.steps(portion.steps, held)
            case _:
                return

    def asked(self, condition: Condition, held: Held) -> Iterator[Finding]:
        """Give a finding where a condition is decided already."""
        parts = parts_of(condition)
        for part in parts:
            if why := held.excludes(part):
                yield from self.decided(part, why, held, "never holds here")
                return
        reasons = [held.implies(part) for part in parts]
        if reasons and all(reasons) and (why := reasons[0]):
            yield from self.decided(parts[0], why, held, "always holds here")

    def decided(self, part: Condition, why: Test, held: Held, what: str) -> Iterator[Finding]:
        test = first_test(part)
        if test is None:
            return
        line, here = why.span.line, test.span.line
        said = f'"{why.fact}: {why.wanted}"'
        if why in held.true:
            reason = f"only those with {said} come here (line {line}), and no time has passed since"
        elif why in held.always:
            reason = f'"{why.fact}" let them in (line {line}), so it has happened'
        elif why in held.never:
            reason = f"{said} stops the playbook before (line {line})"
        else:
            reason = f"those with {said} went another way (line {line})"
        shown = f'"{test.fact}: {test.wanted}"' if isinstance(part, Test) else "this"
        is_certain = why in (*held.never, *held.always) or here < self._first_step
        doubt = nothing if is_certain else hidden_time(max(line, self._first_step), here)
        yield Finding(Place(self._file, test.span), f"{shown} {what}", reason, doubted_by=doubt)


def _behind(step: Step, held: Held) -> Held:
    """Give what is certain of those who have passed a step."""
    within = list(every_step([step]))
    if any(isinstance(each, WaitStep) for each in within):
        return held.later()
    held = held.without(fact for each in within for fact in facts_written(each))
    match step:
        case StopStep():
            return held.unless(step.common.only_if)
        case ChooseStep(arms=arms) if step.common.only_if == ALWAYS:
            for arm in arms:
                # Who went into an arm that stops is not here; the others did not go into it.
                if arm.when is None or not _stops(arm.steps):
                    break
                held = held.unless(arm.when)
            return held
        case _:
            return held


def _stops(steps: Sequence[Step]) -> bool:
    return any(isinstance(step, StopStep) and step.common.only_if == ALWAYS for step in steps)


# ── What asks nothing of anybody ─────────────────────────────────────────────────────────────


def _of_every_choice(test: Test, file: str, catalog: Catalog) -> Iterator[Finding]:
    """Give a finding where a test names all that a fact may be."""
    fact = catalog.attributes.get(test.fact) or catalog.scores.get(test.fact)
    if fact is None or not fact.choices or not isinstance(test.phrase, OneOf):
        return
    if set(test.phrase.values) >= set(fact.choices):
        what = "never holds" if test.phrase.negated else "asks nothing"
        yield Finding(
            Place(file, test.span),
            f'"{test.fact}: {test.wanted}" {what}: these are all that {test.fact} may be',
            f'write "{test.fact}: {"un" if test.phrase.negated else ""}known" if that is meant',
            doubted_by=nothing,
        )


def _of_everybody(group: AnyOf, file: str) -> Iterator[Finding]:
    """Give a finding where one of two alternatives always holds."""
    tests = [part for part in group.of if isinstance(part, Test)]
    for number, b in enumerate(tests):
        for a in tests[:number]:
            if a.fact == b.fact and leave_nothing_out(a.phrase, b.phrase):
                yield Finding(
                    Place(file, b.span),
                    f'one of "{a.fact}: {a.wanted}" and "{b.fact}: {b.wanted}" always holds',
                    _instead_of(b),
                    doubted_by=nothing,
                )


def _instead_of(test: Test) -> str:
    if isinstance(test.phrase, Happened | InSegment):
        return "leave both out: it holds of everybody"
    return f'write "{test.fact}: known" if that is meant, or leave both out'


CONSTANT_CONDITION = Rule(
    "constant-condition",
    "A condition is decided before it is asked: it always holds, or never.",
    _find,
)
