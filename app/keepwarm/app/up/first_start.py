"""What happens once, at the first start: the example's customers go through the win-back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from keepwarm.app.example.making import example_value
from keepwarm.engine.gates import quiet_hours_for
from keepwarm.engine.plan import Plan, Send
from keepwarm.engine.timing import next_open, zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.schema.playbook import OnSchedule, WhenEvent
from keepwarm.schema.words import Channel
from keepwarm.store.customers import Customer, read_customers
from keepwarm.store.overview import (
    by_channel_and_status,
    first_customer_keys_outside,
    how_many_are_held_out,
    reasons,
)
from keepwarm.store.runs import entered_since
from keepwarm.store.ticks import done_until

if TYPE_CHECKING:
    from keepwarm.flows.prefect.by_hand import Ran

_WIN_BACK = "dormant-win-back"
_RUN_WITHIN_SECONDS = 120
#: How long before the first start the example counts as live, so that each daily time has struck.
LIVE_SINCE = timedelta(days=1)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class WonBack:
    """What the run over the example came to."""

    playbook: str
    ran: Ran
    entered: int
    #: Of them, how many are never contacted, so that the lift can be measured.
    held_out: int
    #: (channel, status) -> messages.
    messages: Mapping[tuple[str, str], int]
    held: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)


def playbooks_live(system: System) -> Mapping[str, Live]:
    """Give what is live, by name."""
    with system.database.reading() as cx:
        return system.shelf.live(cx)


def run_once(system: System) -> WonBack | None:
    """Run the win-back through its deployment, unless it ran before; None when there is none."""
    playbook = _scheduled(playbooks_live(system))
    if playbook is None:
        return None
    with system.database.reading() as cx:
        if done_until(cx, playbook) is not None:
            return None
    # Only now: Prefect reads its environment when it is imported.
    from keepwarm.flows.prefect.by_hand import run_by_hand

    ran = run_by_hand(playbook, _RUN_WITHIN_SECONDS)
    if ran is None:
        return None
    with system.database.reading() as cx:
        return WonBack(
            playbook,
            ran,
            entered_since(cx, playbook, _LONG_AGO),
            how_many_are_held_out(cx, playbook),
            by_channel_and_status(cx, _LONG_AGO, playbook),
            reasons(cx, "held", _LONG_AGO, playbook),
            reasons(cx, "skipped", _LONG_AGO, playbook),
            reasons(cx, "failed", _LONG_AGO, playbook),
        )


def _scheduled(live: Mapping[str, Live]) -> str | None:
    scheduled = [name for name, each in live.items() if isinstance(each.plan.start, OnSchedule)]
    return _WIN_BACK if _WIN_BACK in scheduled else next(iter(sorted(scheduled)), None)


# ── Something to try by hand ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Trial:
    """An event to post by hand, and whom it is about."""

    playbook: str
    event: str
    customer: str
    local_time: datetime
    zone: str
    properties: Mapping[str, str | int]


def trial(system: System) -> Trial | None:
    """Choose an event that sends a text at once, and a customer who is awake just now."""
    live = playbooks_live(system).values()
    plan = next((each.plan for each in live if _texts_at_once(each.plan)), None)
    if plan is None or not isinstance(plan.start, WhenEvent):
        return None
    now = system.clock()
    with system.database.reading() as cx:
        # Who was in it already, as by this very line at another start, may not enter again.
        outside = first_customer_keys_outside(cx, plan.playbook, 500)
        customers = read_customers(cx, outside)
        declared = next(iter(live)).released.catalog.events[plan.start.event].properties
    for customer in customers:
        zone = _zone_if_awake(customer, plan, now)
        if zone is not None:
            properties = {name: example_value(each) for name, each in declared.items()}
            local = now.astimezone(ZoneInfo(zone))
            return Trial(
                plan.playbook, plan.start.event, customer.customer, local, zone, properties
            )
    return None


def _texts_at_once(plan: Plan) -> bool:
    if not isinstance(plan.start, WhenEvent) or plan.start.and_then_no is not None:
        return False
    for step in plan.steps:
        if not isinstance(step, Send):
            return False
        if any(way.channel is Channel.SMS for way in step.ways):
            return True
    return False


def _zone_if_awake(customer: Customer, plan: Plan, now: datetime) -> str | None:
    phone, profile = customer.attributes.get("phone"), customer.attributes.get("timezone")
    if not isinstance(phone, str):
        return None
    zones = zones_of(profile if isinstance(profile, str) else None, phone, plan.timezone)
    quiet = quiet_hours_for(Channel.SMS, plan.kind, plan.respect.quiet_hours)
    if quiet is None:
        return zones.name
    opens = next_open(now, quiet, [zone_named(name) for name in zones.names])
    return zones.name if opens is not None and opens <= now else None
