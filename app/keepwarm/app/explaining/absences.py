"""Why a customer never entered a playbook: what keeps them out now, and what else was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from keepwarm.app.explaining.explanation import NeverEntered
from keepwarm.app.explaining.timeline import condition_of_start
from keepwarm.app.moments import said
from keepwarm.engine.conditions import needs
from keepwarm.engine.drawing import entry_sentence
from keepwarm.engine.draws import share_of
from keepwarm.engine.due_dates import occurrence_due
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
from keepwarm.store.holds import EVERYTHING, HoldKind, holds


def why_never(
    cx: Connection, customer: Customer, live: Live, zone: str, now: datetime
) -> NeverEntered:
    """Hold a customer against everything that a playbook asks of those who enter."""
    plan = live.plan
    facts = _facts(cx, customer, plan, now)
    situation = Situation(facts, now, timezone=plan.timezone)
    asked = All((condition_of_start(plan), plan.only_if))
    weighed = all_of(weigh_now(plan, asked, situation))
    keeps_out = next((each for each in weighed if not each.met), None)
    rest = tuple(each for each in weighed if each is not keeps_out)
    because = [*_closed(cx, customer, live, now), *_start(live, facts, zone, now)]
    if keeps_out is None:
        because += _though_all_holds(plan)
    return NeverEntered(
        playbook=plan.playbook,
        file=plan.place.file,
        enters=entry_sentence(plan),
        because=tuple(because),
        keeps_out=keeps_out,
        rest=rest,
    )


def _facts(cx: Connection, customer: Customer, plan: Plan, now: datetime) -> Facts:
    """Read what the conditions of the start ask as well: a plan's own needs leave them to SQL."""
    asked = needs([condition_of_start(plan), plan.only_if])
    match plan.start:
        case WhenEvent(event=event):
            asked = replace(asked, events={**asked.events, event: None})
        case OnDate(attribute=attribute):
            asked = replace(asked, attributes=asked.attributes | {attribute})
        case _:
            pass
    return read_customers(cx, asked, [customer.id], now)[customer.id]


def _closed(cx: Connection, customer: Customer, live: Live, now: datetime) -> Iterator[str]:
    """Say what keeps everybody out, or this customer whatever is known of them."""
    plan = live.plan
    if customer.erased:
        yield "The customer was erased, and enters nothing."
    if plan.status is PlaybookStatus.PAUSED:
        yield "The playbook says status: paused, and lets nobody in."
    held = holds(cx)
    hold = held.get(EVERYTHING) or held.get(plan.playbook)
    if hold is not None and hold.kind is HoldKind.PAUSE:
        yield f"{hold.by} paused it: {hold.reason}"
    share = rollout_share(plan.rollout, live.live_since, now)
    if share < 1 and share_of(rollout_salt(plan), customer.customer) >= share:
        yield f"The rollout is at {float(share * 100):g}% of customers, and has not come to them."


def _start(live: Live, facts: Facts, zone: str, now: datetime) -> Iterator[str]:
    """Say whether what starts the playbook has come for this customer."""
    plan = live.plan
    match plan.start:
        case WhenEvent(event=event):
            last = max((each.at for each in facts.events.get(event, ())), default=None)
            if last is None:
                yield f"{event} never came."
            elif last < live.live_since:
                since = said(live.live_since, zone)
                yield f"{event} came last at {said(last, zone)}, before it was live ({since})."
            elif last <= now:
                yield f"{event} came last at {said(last, zone)}."
        case OnDate():
            yield _date(live, plan.start, facts, zone, now)
        case WhenCalled():
            yield "No other playbook has called it for them."
        case OnSchedule() | WhenBecomes():
            pass


def _date(live: Live, start: OnDate, facts: Facts, zone: str, now: datetime) -> str:
    name = start.attribute
    value = facts.attributes.get(name)
    if not isinstance(value, str) or not value:
        return f"{name} is unknown, so that its day cannot come."
    declared = live.plan.attributes.get(name)
    known = "known" if declared is not None and declared.personal else value[:10]
    if occurrence_due(start, value, zone, live.live_since, now) is None:
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
