"""Why a customer never entered a playbook: what keeps them out now, and what else was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from keepwarm.app.explaining.explanation import NeverEntered, Written
from keepwarm.app.explaining.pauses import Pauses
from keepwarm.app.explaining.timeline import condition_of_start
from keepwarm.app.moments import said
from keepwarm.app.nights import scored_by
from keepwarm.engine.conditions import needs
from keepwarm.engine.drawing import entry_sentence
from keepwarm.engine.draws import share_of
from keepwarm.engine.due_dates import day_of, occurrence_due
from keepwarm.engine.entry import rollout_salt, rollout_share
from keepwarm.engine.facts import Facts
from keepwarm.engine.plan import Plan
from keepwarm.engine.situation import Situation
from keepwarm.engine.weighing import all_of, weigh_now
from keepwarm.flows.shelf import Live
from keepwarm.schema.conditions import All
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenCalled, WhenEvent
from keepwarm.schema.words import PlaybookStatus
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer
from keepwarm.store.facts import read_customers
from keepwarm.store.looking_back import not_yet_told, scored_later, undone_until


@dataclass(frozen=True, slots=True)
class Asking:
    """Of whom it is asked why, and as of when."""

    cx: Connection
    customer: Customer
    #: In which moments are told.
    zone: str
    at: datetime
    pauses: Pauses
    #: Whether `at` is a moment of the past rather than now.
    is_past: bool


def why_never(asking: Asking, live: Live) -> NeverEntered:
    """Hold a customer against everything that a playbook asks of those who enter."""
    plan = live.plan
    facts = _facts(asking, live)
    situation = Situation(facts, asking.at, timezone=plan.timezone)
    asked = All((condition_of_start(plan), plan.only_if))
    weighed = all_of(weigh_now(plan, asked, situation))
    keeps_out = next((each for each in weighed if each.met is False), None)
    rest = tuple(each for each in weighed if each is not keeps_out)
    because = [*_closed(asking, live), *_start(asking, live, facts)]
    if keeps_out is None:
        because += _though_all_holds(plan)
    return NeverEntered(
        playbook=plan.playbook,
        written=Written(plan.place.file),
        enters=entry_sentence(plan),
        because=tuple(because),
        keeps_out=keeps_out,
        rest=rest,
    )


def _facts(asking: Asking, live: Live) -> Facts:
    """Read what the conditions of the start ask as well: a plan's own needs leave them to SQL."""
    plan = live.plan
    asked = needs([condition_of_start(plan), plan.only_if])
    match plan.start:
        case WhenEvent(event=event):
            asked = replace(asked, events={**asked.events, event: None})
        case OnDate(attribute=attribute):
            asked = replace(asked, attributes=asked.attributes | {attribute})
        case _:
            pass
    cx, key = asking.cx, asking.customer.id
    facts = read_customers(cx, asked, [key], asking.at)[key]
    if not asking.is_past:
        return facts
    then = undone_until(cx, key, asking.at)
    changed = {name: value for name, value in then.items() if name in asked.attributes}
    scored = scored_by(cx, plan, live.released.catalog.scores, key, asking.at)
    # A score that was computed before is kept as it was; one computed since is computed anew.
    later = scored_later(cx, key, asking.at)
    kept = {name: value for name, value in facts.attributes.items() if name not in later}
    graded = {name: value for name, value in scored.scores.items() if name in later}
    known = {n: v for n, v in {**kept, **graded, **changed}.items() if v is not None}
    untold = not_yet_told(cx, key, asking.at)
    events = {
        name: [each for each in happened if (name, each.at) not in untold]
        for name, happened in facts.events.items()
    }
    return replace(facts, attributes=known, events=events, thresholds=scored.thresholds)


def _closed(asking: Asking, live: Live) -> Iterator[str]:
    """Say what keeps everybody out, or this customer whatever is known of them."""
    plan = live.plan
    if asking.customer.erased:
        yield "The customer was erased, and enters nothing."
    if plan.status is PlaybookStatus.PAUSED:
        yield "The playbook says status: paused, and lets nobody in."
    paused = asking.pauses.sentence(plan.playbook)
    if paused is not None:
        yield paused
    share = rollout_share(plan.rollout, live.live_since, asking.at)
    if share < 1 and share_of(rollout_salt(plan), asking.customer.customer) >= share:
        yield f"The rollout is at {float(share * 100):g}% of customers, and has not come to them."


def _start(asking: Asking, live: Live, facts: Facts) -> Iterator[str]:
    """Say whether what starts the playbook has come for this customer."""
    plan, zone = live.plan, asking.zone
    match plan.start:
        case WhenEvent(event=event):
            last = max((each.at for each in facts.events.get(event, ())), default=None)
            if last is None:
                yield f"{event} never came."
            elif last < live.live_since:
                since = said(live.live_since, zone)
                yield f"{event} came last at {said(last, zone)}, before it was live ({since})."
            elif last <= asking.at:
                yield f"{event} came last at {said(last, zone)}."
        case OnDate():
            yield _date(asking, live, plan.start, facts)
        case WhenCalled():
            yield "No other playbook has called it for them."
        case OnSchedule() | WhenBecomes():
            pass


def _date(asking: Asking, live: Live, start: OnDate, facts: Facts) -> str:
    name = start.attribute
    value = facts.attributes.get(name)
    if not isinstance(value, str) or not value:
        return f"{name} is unknown, so that its day cannot come."
    declared = live.plan.attributes.get(name)
    is_personal = declared is not None and declared.personal
    known = "known" if is_personal else day_of(value, asking.zone) or value
    if occurrence_due(start, value, asking.zone, live.live_since, asking.at) is None:
        return f"{name} is {known}; its day has not come since the playbook went live."
    return (
        f"{name} is {known}; its day has come since the playbook went live, and then something"
        " that is asked did not hold."
    )


def _though_all_holds(plan: Plan) -> Iterator[str]:
    """Say what is missing yet where the conditions do not keep the customer out."""
    match plan.start:
        case OnSchedule():
            yield "They enter when it is time next."
        case WhenBecomes():
            yield "Who starts to match enters; who matched at the last look already does not."
        case WhenEvent() | OnDate() | WhenCalled():
            pass
