"""A condition held against a customer: each test with the value it saw, as a person follows it.

`none` is pushed down to the tests, so that what is left is all of these, any of these, and tests
that should or should not hold: whether a test is met never has to be read inside out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from keepwarm.engine.conditions import compiled
from keepwarm.engine.facts import Value
from keepwarm.engine.plan import START, Branch, Plan
from keepwarm.engine.run import Check, Decision, Deed, Seen
from keepwarm.engine.seeing import seen
from keepwarm.engine.situation import Situation
from keepwarm.schema.conditions import All, AnyOf, Condition, NoneOf, Test
from keepwarm.schema.playbook import WhenEvent


@dataclass(frozen=True, slots=True)
class Looked:
    """One test that was looked at."""

    fact: str
    wanted: str
    #: Whether the playbook wants it not to hold: it stands under `none`.
    negated: bool
    #: Whether it came out as the playbook wants; None where nobody kept what came out.
    met: bool | None
    seen: Seen
    #: Line of the playbook's file.
    line: int
    #: Whether the value that it saw was kept.
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Together:
    """Several, of which all or any should be met."""

    is_any: bool
    #: None where what nobody kept would decide it.
    met: bool | None
    of: tuple[Weighed, ...]


Weighed: TypeAlias = Looked | Together

#: Tells whether a test holds, and the value that it saw.
Telling: TypeAlias = Callable[[Test], tuple[bool, Seen]]


def weigh(
    condition: Condition, tell: Telling, *, everything: bool, negated: bool = False
) -> Weighed:
    """Hold a condition against what is told of each test.

    `everything` looks at all tests; without it, looking stops where a decision's would (`walk`).
    """
    match condition:
        case Test():
            held, value = tell(condition)
            met, line = held is not negated, condition.span.line
            return Looked(condition.fact, condition.wanted, negated, met, value, line)
        case All(of):
            return _together(of, tell, everything=everything, negated=negated, is_any=negated)
        case AnyOf(of):
            return _together(of, tell, everything=everything, negated=negated, is_any=not negated)
        case NoneOf(of):
            return _together(of, tell, everything=everything, negated=not negated, is_any=negated)
        case _:
            assert_never(condition)


def _together(
    of: Sequence[Condition], tell: Telling, *, everything: bool, negated: bool, is_any: bool
) -> Weighed:
    """Weigh several; what is alone or of the same sort as what it stands in is put in its place."""
    looked_at: list[Weighed] = []
    met = not is_any
    for condition in of:
        one = weigh(condition, tell, everything=everything, negated=negated)
        is_alike = isinstance(one, Together) and one.is_any is is_any
        looked_at += one.of if isinstance(one, Together) and is_alike else (one,)
        if one.met is is_any:
            met = is_any
            if not everything:
                break
    return looked_at[0] if len(looked_at) == 1 else Together(is_any, met, tuple(looked_at))


def all_of(weighed: Weighed) -> tuple[Weighed, ...]:
    """Give what must all be met, one by one."""
    if isinstance(weighed, Together) and not weighed.is_any:
        return weighed.of
    return (weighed,)


# ── As things are ────────────────────────────────────────────────────────────────────────────


def weigh_now(
    plan: Plan, condition: Condition, situation: Situation, of: dict[str, Value] | None = None
) -> Weighed:
    """Hold a condition of the plan against a customer, every test of it.

    `of` gives an event's properties where the condition is about the event. Of what is personal
    it shows only whether there is a value, as the ledger does.
    """
    values = situation.facts.attributes if of is None else of

    def tell(test: Test) -> tuple[bool, Seen]:
        known = plan.attributes.get(test.fact)
        value = seen(test, situation, values)
        if value is not None and of is None and known is not None and known.personal:
            value = "known"
        return compiled(test)(situation, values), value

    return weigh(condition, tell, everything=True)


# ── As it was decided ────────────────────────────────────────────────────────────────────────


def recount(plan: Plan, decision: Decision, values: Sequence[Seen]) -> tuple[Weighed, ...]:
    """Give the tests that a decision looked at, in the shape of the conditions they stand in."""
    checks = iter(decision.checks)
    left = list(decision.checks)

    def tell(test: Test) -> tuple[bool, Seen]:
        check = next(checks, None)
        if check is None or (check.fact, check.wanted, check.line) != (
            test.fact,
            test.wanted,
            test.span.line,
        ):
            raise _OtherwiseError
        left.pop(0)
        return check.held, values[check.seen_at]

    found: list[Weighed] = []
    try:
        for condition in _asked(plan, decision):
            if not left:
                break
            found += all_of(weigh(condition, tell, everything=False))
    except _OtherwiseError:
        return tuple(_flat(decision.checks, values))
    return tuple(found) if not left else tuple(_flat(decision.checks, values))


class _OtherwiseError(Exception):
    """The plan's conditions are not those that the decision tells of."""


def _asked(plan: Plan, decision: Decision) -> Iterator[Condition]:
    """Give the conditions that a decision asked, in its order, as far as it may have come."""
    if decision.step == START:
        if decision.deed is Deed.STOPPED and plan.stop_if_any is not None:
            yield plan.stop_if_any
        else:
            if isinstance(plan.start, WhenEvent):
                yield plan.start.where
            yield plan.only_if
        return
    step = plan.steps[decision.step]
    yield step.at.only_if
    if isinstance(step, Branch):
        yield from (condition for condition, _, _ in step.arms if condition is not None)


def _flat(checks: Sequence[Check], values: Sequence[Seen]) -> Iterator[Looked]:
    for each in checks:
        yield Looked(each.fact, each.wanted, False, each.held, values[each.seen_at], each.line)  # noqa: FBT003 - a field
