"""The explanation of a customer: the runs as they were decided, and why there are no others."""

from __future__ import annotations

from datetime import datetime

from keepwarm.app.explaining.absences import Asking, why_never
from keepwarm.app.explaining.explanation import Explanation
from keepwarm.app.explaining.pauses import pauses
from keepwarm.app.explaining.timeline import explain_run
from keepwarm.engine.plan import Plan
from keepwarm.engine.zones import Zones, zones_of
from keepwarm.flows.shelf import Shelf
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer
from keepwarm.store.explaining import runs_by_playbook, runs_of

#: How many runs are told of, the latest, unless somebody asks for more.
MOST_RUNS = 20


def explain(
    cx: Connection,
    shelf: Shelf,
    customer: Customer,
    now: datetime,
    playbook: str | None = None,
    most_runs: int = MOST_RUNS,
    at: datetime | None = None,
) -> Explanation:
    """Explain a customer: everything, or what concerns one playbook.

    Conditions of playbooks that they never entered are asked as of `now`; all else is the
    ledger's, and the same whenever it is asked. `at` tells what one would have been told at an
    earlier moment: by the ledger as it was then, and by what was known and live then.
    """
    live = shelf.live(cx) if at is None else shelf.live_then(cx, at)
    zones = zones_of_customer(cx, shelf, customer)
    counts = runs_by_playbook(cx, customer.id, at)
    paused = pauses(cx, zones.name, at)
    runs = runs_of(cx, customer.id, playbook, most_runs, at)
    known = sum(count for name, count in counts.items() if playbook in (None, name))
    is_known = at is None or customer.created_at <= at
    asking = Asking(cx, customer, zones.name, at or now, paused, is_past=at is not None)
    return Explanation(
        customer=customer.customer,
        at=at,
        zone=zones.name,
        zone_source=str(zones.source),
        runs=tuple(explain_run(cx, run, shelf, customer.id, paused, at) for run in runs),
        never_entered=tuple(
            why_never(asking, each)
            for name, each in sorted(live.items())
            if is_known and name not in counts and playbook in (None, name)
        ),
        left_out=known - len(runs),
        first_heard_of=None if is_known else customer.created_at,
    )


def zones_of_customer(cx: Connection, shelf: Shelf, customer: Customer) -> Zones:
    """Give the zones in which moments are told to and of a customer."""
    return _zones(customer, next((each.plan for each in shelf.live(cx).values()), None))


def _zones(customer: Customer, plan: Plan | None) -> Zones:
    profile, phone = customer.attributes.get("timezone"), customer.attributes.get("phone")
    return zones_of(
        profile if isinstance(profile, str) else None,
        phone if isinstance(phone, str) else None,
        "UTC" if plan is None else plan.timezone,
    )
