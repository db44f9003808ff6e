"""Every way through a playbook: what is certain of a customer who comes to a step.

What holds on every way to a step is kept, and what holds on some is not. Time may change a
customer, but what was known once stays known: nothing in the language forgets a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from keepwarm.engine.rules.knowing import known_unless, known_where
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import ALWAYS
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
from keepwarm.schema.workspace import Workspace


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


#: The ways through the workspace that was asked of last: one rule asks after the other.
_LATEST: list[tuple[Workspace, dict[str, Sequence[Reached]]]] = []


def _ways_through(playbook: Playbook, catalog: Catalog) -> Sequence[Reached]:
    found: list[Reached] = []
    _Walk(catalog, found).steps(playbook.steps, _at_the_start(playbook, catalog))
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
class _Walk:
    catalog: Catalog
    found: list[Reached]

    def steps(self, steps: Sequence[Step], standing: Standing | None) -> Standing | None:
        """Give how customers stand behind these steps; None where nobody goes on."""
        for step in steps:
            if standing is None:
                return None
            standing = self.step(step, standing)
        return standing

    def step(self, step: Step, before: Standing) -> Standing | None:
        only_if = step.common.only_if
        taken = before.knowing(known_where(only_if, self.catalog))
        self.found.append(Reached(step, taken))
        behind = self.behind(step, taken)
        if only_if == ALWAYS:
            return behind
        passed_by = before.knowing(known_unless(only_if, self.catalog))
        return _joined([behind, passed_by])

    def behind(self, step: Step, standing: Standing) -> Standing | None:
        """Give how those stand who took a step."""
        match step:
            case StopStep():
                return None
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
            case ChooseStep():
                return self.choice(step, standing)
            case SplitStep(portions=portions):
                return _joined([self.steps(each.steps, standing) for each in portions])
            case _:
                return standing

    def choice(self, step: ChooseStep, standing: Standing) -> Standing | None:
        ends: list[Standing | None] = []
        left = standing
        for arm in step.arms:
            facts = frozenset[str]() if arm.when is None else known_where(arm.when, self.catalog)
            ends.append(self.steps(arm.steps, left.knowing(facts)))
            if arm.when is not None:
                left = left.knowing(known_unless(arm.when, self.catalog))
        has_otherwise = any(arm.when is None for arm in step.arms)
        return _joined(ends if has_otherwise else [*ends, left])


def _joined(ends: Sequence[Standing | None]) -> Standing | None:
    """Give what is certain of those who come from any of several ways."""
    ways = [end for end in ends if end is not None]
    if not ways:
        return None
    return Standing(
        ways[0].known.intersection(*(way.known for way in ways[1:])),
        frozenset[OfferStep | None]().union(*(way.offers for way in ways)),
    )
