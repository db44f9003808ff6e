"""Letting customers in: by the clock, by what they did, by another playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from keepwarm.engine.gates import DAYS_OF
from keepwarm.engine.plan import Plan
from keepwarm.engine.run import Mode
from keepwarm.engine.ticking import LOOK_EVERY, latest_tick
from keepwarm.engine.timing import start_of_days, zone_named
from keepwarm.flows.notices import tell_owner
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes
from keepwarm.schema.words import PlaybookStatus
from keepwarm.store.audit import note
from keepwarm.store.connection import Connection
from keepwarm.store.customers import keys_of
from keepwarm.store.decided import Aftermath
from keepwarm.store.entering import (
    count_entering,
    enter_called,
    enter_scheduled,
    wake,
)
from keepwarm.store.event_entries import enter_from_events
from keepwarm.store.events import NewEvent
from keepwarm.store.holds import EVERYTHING, HoldKind, holds
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.runs import entered_since
from keepwarm.store.ticks import done_until, take_tick


def let_in(system: System, playbook: str) -> Tally:
    """Let in whoever the playbook's clock lets in by now, once for each time it strikes."""
    now = system.clock()
    with system.database.reading() as cx:
        live = system.shelf.live(cx).get(playbook)
        if live is None or not _strikes(cx, live, now):
            return Tally()
    with system.database.writing(durable=False) as cx:
        tally = _carry_out_tick(cx, system, live, now)
        reached(Landmark.ENTERING)
    reached(Landmark.ENTERED)
    return tally


def _strikes(cx: Connection, live: Live, now: datetime) -> bool:
    tick = _tick(live.plan, now)
    if tick is None or is_paused(cx, live.plan.playbook):
        return False
    if live.plan.status not in (PlaybookStatus.LIVE, PlaybookStatus.SHADOW):
        return False
    done = done_until(cx, live.plan.playbook)
    # What struck before the playbook went live is not made up for.
    return tick > (live.live_since if done is None else done)


def _tick(plan: Plan, now: datetime) -> datetime | None:
    """Give when the playbook's clock struck last; None where it has none."""
    zone = zone_named(plan.timezone)
    match plan.start:
        case OnSchedule(schedule=schedule):
            return latest_tick(schedule, now, zone)
        case OnDate() | WhenBecomes():
            return latest_tick(LOOK_EVERY, now, zone)
        case _:
            return None


def _carry_out_tick(cx: Connection, system: System, live: Live, now: datetime) -> Tally:
    plan = live.plan
    since = done_until(cx, plan.playbook) or live.live_since
    tick = _tick(plan, now)
    if tick is None or not take_tick(cx, plan.playbook, tick):
        return Tally()
    refusal = _too_many(cx, live, since, now)
    if refusal is not None:
        note(cx, system.worker, "refused to enter", {"playbook": plan.playbook}, now)
        tell_owner(cx, system, plan, f"expects {plan.playbook} {now:%Y-%m-%d}", refusal)
        return Tally(refused=refusal)
    mode = _mode(cx, plan)
    # Those who begin are counted when they are decided, like all others.
    enter_scheduled(
        cx,
        plan,
        live.released.version_id,
        now,
        since=since,
        live_since=live.live_since,
        mode=mode,
    )
    return Tally()


def _mode(cx: Connection, plan: Plan) -> Mode | None:
    """Give shadow where a guardrail fell; None leaves it to the playbook's own status."""
    held = holds(cx).get(plan.playbook)
    return Mode.SHADOW if held is not None and held.kind is HoldKind.SHADOW else None


def _too_many(cx: Connection, live: Live, since: datetime, now: datetime) -> str | None:
    """Say why nobody may enter: more would than the playbook expects (law 6)."""
    expects = live.plan.expects
    if expects is None:
        return None
    zone = zone_named(live.plan.timezone)
    begins = start_of_days(now, DAYS_OF[expects.per], zone)
    would = count_entering(cx, live.plan, now, since=since, live_since=live.live_since)
    before = entered_since(cx, live.plan.playbook, begins)
    if would + before <= expects.high:
        return None
    return (
        f"nobody was let in: {would + before:,} customers would enter per {expects.per},"
        f" and the playbook expects {expects}"
    )


def is_paused(cx: Connection, playbook: str) -> bool:
    """Tell whether a person paused the playbook, or everything (law 22)."""
    held = holds(cx)
    found = held.get(EVERYTHING) or held.get(playbook)
    return found is not None and found.kind is HoldKind.PAUSE


# ── By what customers do, and by other playbooks ─────────────────────────────────────────────


def hear(
    cx: Connection,
    system: System,
    events: Sequence[NewEvent],
    ids: Sequence[int],
    changed: Mapping[str, set[str]],
    now: datetime,
    known: Mapping[str, int] | None = None,
) -> frozenset[str]:
    """Let playbooks hear of events and of changed attributes, and name those with work from it.

    `ids` are the keys of the events that were stored; `changed` is attribute -> customers; `known`
    are keys of customers that nobody merged since they were read. Whoever listens looks at its
    runs again at once (law 11).
    """
    concerned: set[str] = set()
    for name, live in system.shelf.live(cx).items():
        plan = live.plan
        people = {event.customer for event in events if event.name in plan.listens}
        for attribute in plan.watches & changed.keys():
            people |= changed[attribute]
        if not people:
            continue
        begun = enter_from_events(cx, plan, live.released.version_id, ids, now, _mode(cx, plan))
        woken = wake(cx, [name], _keys(cx, people, known or {}), now)
        if begun or woken:
            concerned.add(name)
    return frozenset(concerned)


def _keys(cx: Connection, people: set[str], known: Mapping[str, int]) -> list[int]:
    unknown = sorted(people - known.keys())
    keys = [known[who] for who in people if who in known]
    return keys + list(keys_of(cx, unknown).values()) if unknown else keys


def carry_on(cx: Connection, system: System, aftermath: Aftermath, now: datetime) -> frozenset[str]:
    """Carry on what decisions set going beyond their own runs, and name the playbooks concerned."""
    concerned: set[str] = set()
    live = system.shelf.live(cx)
    for name, callers in aftermath.started.items():
        other = live.get(name)
        if other is None:
            continue
        version = other.released.version_id
        if enter_called(cx, other.plan, version, callers, now, _mode(cx, other.plan)):
            concerned.add(name)
    for attribute, customers in aftermath.changed.items():
        watching = [name for name, other in live.items() if attribute in other.plan.watches]
        if watching and wake(cx, watching, customers, now):
            concerned.update(watching)
    return frozenset(concerned)
