"""What a simulation cannot know, named; and where it found that a limit would have been passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from keepwarm.engine.gates import DAYS_OF
from keepwarm.engine.plan import OpenTask, Plan
from keepwarm.engine.replay.lineup import ranks_asked, scores_asked
from keepwarm.engine.replay.simulated import HUNDREDTHS, Simulated
from keepwarm.schema.retention import Kept
from keepwarm.schema.suggestions import listed
from keepwarm.store.retaining import Gone


def passed(plan: Plan, found: Simulated) -> Iterator[str]:
    """Say which limits of a playbook that hold for all customers together would have been passed.

    Each customer is replayed alone, so nobody was kept out by them.
    """
    yield from _too_many(plan, found)
    yield from _too_dear(plan, found)


def _too_many(plan: Plan, found: Simulated) -> Iterator[str]:
    """Say on how many days nobody would have been let in (law 6)."""
    expects = plan.expects
    if expects is None:
        return
    begun = {day: n for (name, day), n in found.begun.items() if name == plan.playbook}
    days: dict[date, int] = {}
    for day in sorted(begun):
        counted = (day - timedelta(days=back) for back in range(DAYS_OF[expects.per]))
        many = sum(begun.get(each, 0) for each in counted)
        if many > expects.high:
            days[day] = many
    if days:
        first, many = next(iter(days.items()))
        times = "once" if len(days) == 1 else f"on {len(days)} days"
        yield (
            f"It expects {expects}, and more would have come {times}, first on"
            f" {said_day(first)} with {many:,}. Then it lets nobody in and asks; here they came in."
        )


def _too_dear(plan: Plan, found: Simulated) -> Iterator[str]:
    budget = plan.budget
    if budget is None:
        return
    for (name, currency, month), cost in sorted(found.costs.items()):
        spent = cost / HUNDREDTHS
        if name == plan.playbook and currency == budget.currency and spent > budget.amount:
            yield (
                f"Its budget is {budget}, and its offers would have cost {spent:,.2f} {currency}"
                f" in {month:%B %Y}. From there on, messages with an offer are not sent; here they"
                " were."
            )


def unknowable(plans: Sequence[Plan], gone: Mapping[Kept, Gone]) -> Iterator[str]:
    """Name what a replay of these playbooks cannot know; `gone` is what was kept no longer."""
    yield (
        "What our messages would have changed: who came back because of one, who clicked or"
        " unsubscribed. Goals are recorded deeds, not caused by us. Answers count only where the"
        " replay sends what was sent, at the moment it was sent."
    )
    if any(isinstance(step, OpenTask) for plan in plans for step in plan.steps):
        yield (
            "Whether people would have done tasks that nobody had: they stay open, so that what"
            " comes of late tasks is the most that could."
        )
    ranked = sorted({fact for fact, _, _ in ranks_asked(plans).thresholds} - scores_asked(plans))
    if ranked:
        yield (
            f"How ranks of {listed(ranked)} moved in the course of a day: those of 03:00 UTC are"
            " used from there on, and those of the moment at which a schedule lets in by them."
        )
    if any(plan.guardrails for plan in plans):
        yield "Guardrails: they watch how customers take messages that were never sent."
    yield (
        "What was known of attributes before Keepwarm kept their past, or before a file brought"
        " them: they count as known all along, as they were first known."
    )
    yield "Words: they are not rendered, so that a template that skips itself counts as sent."
    yield "Providers: whatever is handed over counts as taken. Pauses are not replayed."
    if (changes := gone.get(Kept.CHANGES)) is not None:
        yield (
            f"What was known of customers before {_said(changes)}: it was kept for as long as the"
            " policies say, and went. What they were then known as counts as known all along."
        )
    if (events := gone.get(Kept.EVENTS)) is not None:
        yield (
            f"Events before {_said(events)} for which no live playbook asked: they went as the"
            " policies say. Here they never happened."
        )
    yield "Customers who were erased since: nothing is left of them to replay."


def _said(gone: Gone) -> str:
    return f"{said_day(gone.until.date())} {gone.until.year}"


def said_day(day: date) -> str:
    """Give a day as people say it: `21 November`."""
    return f"{day.day} {day:%B}"
