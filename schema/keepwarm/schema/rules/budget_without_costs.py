"""A budget that cannot count what is given away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keepwarm.schema.catalog import Offer
from keepwarm.schema.phrases import Budget
from keepwarm.schema.playbook import OfferStep, Playbook
from keepwarm.schema.problems import Problem
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.rule import Doubt, Finding, Rule
from keepwarm.schema.walking import every_step
from keepwarm.schema.workspace import Workspace

#: Of one offer alone, its own costs may as well be the slip.
_SEVERAL: Final = 2


def _find(workspace: Workspace) -> Iterator[Finding]:
    for playbook in workspace.playbooks.values():
        if (of_all := _in_another_currency(playbook, workspace)) is not None:
            yield of_all
            continue
        for step in every_step(playbook.steps) if playbook.budget else ():
            offer = (
                workspace.catalog.offers.get(step.offer) if isinstance(step, OfferStep) else None
            )
            if offer is None or playbook.budget is None:
                continue
            if why := _cannot_count(offer, playbook.budget):
                where = f" ({offer.place})" if offer.place else ""
                example = f"costs: 12 {playbook.budget.currency}"
                yield Finding(
                    step.common.place,
                    f'the budget cannot count the offer "{offer.name}": {why}',
                    f"say what one costs the business{where}:  {example}",
                    doubted_by=_in_the_catalog(offer),
                    rests_on=(offer.place.file,) if offer.place else (),
                )


def _in_another_currency(playbook: Playbook, workspace: Workspace) -> Finding | None:
    """Tell once of a budget in a currency that none of its several offers costs."""
    steps = [step for step in every_step(playbook.steps) if isinstance(step, OfferStep)]
    names = sorted({step.offer for step in steps} & workspace.catalog.offers.keys())
    offers = [workspace.catalog.offers[name] for name in names]
    costs = {offer.cost_currency for offer in offers}
    place = place_of_setting(workspace, playbook.place.file, "budget", "discounts")
    if playbook.budget is None or place is None or len(offers) < _SEVERAL or len(costs) > 1:
        return None
    currency = costs.pop()
    if currency in {"", playbook.budget.currency}:
        return None
    return Finding(
        place,
        f"this budget counts {playbook.budget.currency}, and its offers cost {currency}",
        f"write it in {currency}, or say in the catalog what one costs in "
        f"{playbook.budget.currency}:  costs: 12 {playbook.budget.currency}",
        doubted_by=_in_the_catalog(offers[0]),
        rests_on=tuple({offer.place.file for offer in offers if offer.place}),
    )


def _in_the_catalog(offer: Offer) -> Doubt:
    def doubts(problem: Problem) -> bool:
        return offer.place is not None and problem.file == offer.place.file

    return doubts


def _cannot_count(offer: Offer, budget: Budget) -> str | None:
    if offer.costs is None:
        return "the catalog does not say what it costs"
    if offer.cost_currency != budget.currency:
        return f"it costs {offer.cost_currency}, and the budget is in {budget.currency}"
    return None


BUDGET_WITHOUT_COSTS = Rule(
    "budget-without-costs",
    "A playbook with a budget gives an offer whose cost is not known, or not in that currency.",
    _find,
)
