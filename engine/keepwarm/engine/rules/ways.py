"""Every way through a playbook: what is certain of a customer who comes to a step.

What holds on every way to a step is kept, and what holds on some is not. Time may change a
customer, but what was known once stays known: nothing in the language forgets a value.

Ways that part at a condition stay apart until a wait: who is asked the same twice in one moment
answers the same, so who was given an offer under a condition has it where that is asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from keepwarm.engine.expanding import tests_in
from keepwarm.engine.rules.knowing import known_unless, known_where
from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.conditions import ALWAYS, Condition, InSegment
from keepwarm.schema.phrases import WaitUntilDate
from keepwarm.schema.playbook import (
    ChooseStep,
    OfferStep,
    OnDate,
    OnSchedule,
    Playbook,
    PointsStep,
    SplitStep,
    Step,
    StopStep,
    TagStep,
    UpdateStep,
    WaitStep,
    WhenBecomes,
)
from keepwarm.schema.rules.held import Held, facts_written
from keepwarm.schema.workspace import Workspace

#: More ways than these are not told apart: nobody writes them, and each is gone through.
_MOST_WAYS: Final = 16


@dataclass(frozen=True, slots=True)
class Standing:
    """What is certain of everybody who comes to a step."""

    #: The attributes that have a value.
    known: frozenset[str] = frozenset()
    #: The offers of which one was made last on some way here; None for no offer at all.
    offers: frozenset[OfferStep | None] = frozenset({None})

    def knowing(self, facts: frozenset[str]) -> Standing:
        """Give the standing of those of whom more is known."""
        return replace(self, known=self.known | facts) if facts - self.known else self


@dataclass(frozen=True, slots=True)
class Reached:
    """A step, and how those stand who take it."""

    step: Step
    standing: Standing


def ways_of(playbook: Playbook, workspace: Workspace) -> Sequence[Reached]:
    """Give every step of a playbook that somebody may come to, in the order written."""
    if not _LATEST or _LATEST[0][0] is not workspace:
        _LATEST[:] = [(workspace, {})]
    known = _LATEST[0][1]
    if playbook.name not in known:
        known[playbook.name] = _ways_through(playbook, workspace.catalog)
    return known[playbook.name]


def known_on_the_way(playbook: Playbook, catalog: Catalog) -> Mapping[Place, frozenset[str]]:
    """Give by step the attributes that have a value for everybody who takes it."""
    return {
        each.step.common.place: each.standing.known for each in _ways_through(playbook, catalog)
    }


#: The ways through the workspace that was asked of last: one rule asks after the other.
_LATEST: list[tuple[Workspace, dict[str, Sequence[Reached]]]] = []


def _ways_through(playbook: Playbook, catalog: Catalog) -> Sequence[Reached]:
    found: list[Reached] = []
    first = _Way(_at_the_start(playbook, catalog), Held(catalog), catalog)
    _Walk(found).steps(playbook.steps, [first])
    return tuple(found)


def _at_the_start(playbook: Playbook, catalog: Catalog) -> Standing:
    known = known_where(playbook.only_if, catalog)
    match playbook.start:
        case OnDate(attribute=attribute, for_customers=condition):
            known |= {attribute} | known_where(condition, catalog)
        case OnSchedule(for_customers=condition) | WhenBecomes(condition=condition):
            known |= known_where(condition, catalog)
        case _:
            pass
    if playbook.stop_if_any is not None:
        known |= known_unless(playbook.stop_if_any, catalog)
    return Standing(known)


@dataclass(frozen=True, slots=True)
class _Way:
    """How those stand who came one way, and what they answered since time went by last."""

    standing: Standing
    held: Held
    catalog: Catalog
    #: Conditions that do not hold of them.
    denied: tuple[Condition, ...] = ()

    def where(self, condition: Condition) -> _Way | None:
        """Give the way of those of whom a condition holds; None where it holds of none."""
        held = self.held.where(condition)
        if self.held.excludes(condition) or any(held.implies(each) for each in self.denied):
            return None
        return replace(
            self, held=held, standing=self.standing.knowing(known_where(condition, self.catalog))
        )

    def unless(self, condition: Condition) -> _Way | None:
        """Give the way of those of whom a condition does not hold; None where it holds of all."""
        if self.held.implies(condition):
            return None
        return replace(
            self,
            held=self.held.unless(condition),
            denied=(*self.denied, condition),
            standing=self.standing.knowing(known_unless(condition, self.catalog)),
        )

    def after(self, step: Step) -> _Way:
        """Give the way behind a step that leads on."""
        written = facts_written(step)
        return replace(
            self,
            standing=_standing_after(step, self.standing),
            held=self.held.without(written),
            denied=tuple(each for each in self.denied if not (written and _asks_of(written, each))),
        )


_Ways: TypeAlias = list[_Way]


@dataclass(frozen=True, slots=True)
class _Walk:
    found: list[Reached]

    def steps(self, steps: Sequence[Step], ways: _Ways) -> _Ways:
        """Give the ways that lead on behind these steps; none where nobody goes on."""
        for step in steps:
            if not ways:
                return ways
            ways = self.step(step, ways)
        return ways

    def step(self, step: Step, before: _Ways) -> _Ways:
        only_if = step.common.only_if
        if only_if == ALWAYS:
            self.found.append(Reached(step, _joined(before)))
            return self.behind(step, before)
        # A condition that holds of nobody breaks a rule of its own; what it guards is read on.
        taken = _where(before, only_if) or before
        self.found.append(Reached(step, _joined(taken)))
        return _told_apart([*self.behind(step, taken), *_unless(before, only_if)])

    def behind(self, step: Step, ways: _Ways) -> _Ways:
        """Give the ways of those who took a step."""
        match step:
            case StopStep():
                return []
            case WaitStep():
                return _as_one([way.after(step) for way in ways])
            case ChooseStep():
                return self.choice(step, ways)
            case SplitStep(portions=portions):
                ends = [self.steps(each.steps, ways) for each in portions]
                return _told_apart([way for end in ends for way in end])
            case _:
                return [way.after(step) for way in ways]

    def choice(self, step: ChooseStep, ways: _Ways) -> _Ways:
        ends: _Ways = []
        for arm in step.arms:
            if arm.when is None:
                ends += self.steps(arm.steps, ways)
                return _told_apart(ends)
            ends += self.steps(arm.steps, _where(ways, arm.when) or ways)
            ways = _unless(ways, arm.when) or ways
        return _told_apart([*ends, *ways])


def _asks_of(facts: Collection[str], condition: Condition) -> bool:
    """Tell whether what a condition asks may rest on one of these facts."""
    return any(
        test.fact in facts or isinstance(test.phrase, InSegment) for test in tests_in(condition)
    )


def _standing_after(step: Step, standing: Standing) -> Standing:
    """Give how those stand who took a step that leads on."""
    match step:
        case OfferStep():
            return replace(standing, offers=frozenset({step}))
        case UpdateStep(values=values):
            return standing.knowing(frozenset(values))
        case TagStep(attribute=attribute, remove=False):
            return standing.knowing(frozenset({attribute}))
        case PointsStep():
            return standing.knowing(frozenset({"points"}))
        case WaitStep(wait=WaitUntilDate(attribute=attribute)):
            return standing.knowing(frozenset({attribute}))
        case _:
            return standing


def _where(ways: _Ways, condition: Condition) -> _Ways:
    return [way for each in ways if (way := each.where(condition)) is not None]


def _unless(ways: _Ways, condition: Condition) -> _Ways:
    return [way for each in ways if (way := each.unless(condition)) is not None]


def _told_apart(ways: _Ways) -> _Ways:
    """Give ways each once, and as one where there are too many."""
    apart = [way for number, way in enumerate(ways) if way not in ways[:number]]
    return apart if len(apart) <= _MOST_WAYS else _as_one(apart)


def _as_one(ways: _Ways) -> _Ways:
    """Give the one way of those who came by several: what was asked before tells no more of it."""
    catalog = ways[0].catalog
    return [_Way(_joined(ways), Held(catalog), catalog)]


def _joined(ways: _Ways) -> Standing:
    """Give what is certain of those who come from any of several ways."""
    standings = [way.standing for way in ways]
    return Standing(
        standings[0].known.intersection(*(each.known for each in standings[1:])),
        frozenset[OfferStep | None]().union(*(each.offers for each in standings)),
    )
