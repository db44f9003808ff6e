"""From a playbook as written to a plan that can run."""

from __future__ import annotations

from dataclasses import replace

from keepwarm.engine.expanding import expand_segments
from keepwarm.engine.gathering import events_heard, facts_watched, plan_needs
from keepwarm.engine.laying import lay_out
from keepwarm.engine.plan import Needs, Plan, Send
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import Condition
from keepwarm.schema.playbook import (
    OnDate,
    OnSchedule,
    Playbook,
    Policies,
    Respect,
    Start,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)


def compile_plan(playbook: Playbook, catalog: Catalog, policies: Policies) -> Plan:
    """Give the plan of a playbook that `check` found in order.

    Raises:
        KeyError: the playbook names an offer, an endpoint or an attribute that the catalog lacks;
            `check` reports these with their places.
    """
    steps = lay_out(playbook, catalog)
    plan = Plan(
        playbook=playbook.name,
        title=playbook.title,
        owner=playbook.owner,
        status=playbook.status,
        kind=playbook.kind,
        topic=playbook.topic,
        start=_start(playbook.start, catalog),
        only_if=expand_segments(playbook.only_if, catalog),
        goal=playbook.goal,
        stop_if_any=_maybe(playbook.stop_if_any, catalog),
        holdout=playbook.holdout,
        rollout=playbook.rollout,
        respect=_respect(playbook.respect, policies),
        guardrails=playbook.back_to_shadow_if_any,
        budget=playbook.budget,
        expects=playbook.expects,
        in_flight=playbook.in_flight,
        catch_up=playbook.catch_up,
        when_unknown=playbook.when_unknown,
        priority=playbook.priority,
        steps=steps,
        place=playbook.place,
        needs=Needs(),
        listens=frozenset(),
        watches=frozenset(),
        channels=frozenset(w.channel for s in steps if isinstance(s, Send) for w in s.ways),
        teams=catalog.teams,
        attributes=catalog.attributes,
        timezone=catalog.timezone,
    )
    return replace(
        plan,
        needs=plan_needs(plan),
        listens=events_heard(plan),
        watches=facts_watched(plan),
    )


def _maybe(condition: Condition | None, catalog: Catalog) -> Condition | None:
    return None if condition is None else expand_segments(condition, catalog)


def _start(start: Start, catalog: Catalog) -> Start:
    """Give the start with the segments in its conditions expanded."""
    match start:
        case OnSchedule() | OnDate():
            return replace(start, for_customers=expand_segments(start.for_customers, catalog))
        case WhenBecomes():
            return replace(start, condition=expand_segments(start.condition, catalog))
        case WhenEvent() | WhenCalled():
            return start


def _respect(own: Respect, policies: Policies) -> Respect:
    """Put the limits of all playbooks beside the playbook's own; both hold.

    Quiet hours of the playbook's own replace the common ones.
    """
    return replace(
        own,
        quiet_hours=own.quiet_hours or policies.quiet_hours,
        caps=tuple(dict.fromkeys((*own.caps, *policies.caps))),
    )
