"""What arrives: kept at once, then turned into profiles, events, starts and wake-ups."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from keepwarm.flows.double_opt_in import requests, who_must_confirm
from keepwarm.flows.loose_phones import settle_phones
from keepwarm.flows.reading_arrivals import Reader, ToldAlias, ToldProfile
from keepwarm.flows.starting import hear
from keepwarm.flows.subscriptions import lift_for_those_who_subscribed
from keepwarm.flows.system import System
from keepwarm.flows.things_told import those_that_count
from keepwarm.schema.catalog import Catalog
from keepwarm.store.attributes_told import AttributesTold, newest
from keepwarm.store.audit import note
from keepwarm.store.cohorts import put_page
from keepwarm.store.connection import Connection
from keepwarm.store.customers import add_names, keys_made, keys_of, put_customers
from keepwarm.store.database import VALUES_REFUSED
from keepwarm.store.erasing import erase
from keepwarm.store.events import EventsPut, NewEvent, put_events
from keepwarm.store.identities import Who, customer_known_as, people_meant
from keepwarm.store.inbox import Arrival, Waiting, append_arrivals, finish, take_waiting
from keepwarm.store.landmarks import Landmark, reached
from keepwarm.store.merging import NotMerged, merge
from keepwarm.store.people import ALL, Consent, record_consents

#: How many arrivals are worked off in one transaction.
BATCH: Final = 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Track:
    """Something that a customer did, or that happened to one, as it is told."""

    #: The company's own identifier, or what else is known of who it is.
    customer: str | Who
    event: str
    at: str | None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """Give it as the inbox keeps it."""
        return {
            "type": "track",
            **named(self.customer),
            "event": self.event,
            "at": self.at,
            "properties": dict(self.properties),
        }


@dataclass(frozen=True, slots=True)
class Identify:
    """What is known about a customer, as it is told."""

    customer: str | Who
    at: str | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    #: Whether it names a device that takes pushes.
    takes_pushes: bool = False

    def payload(self) -> dict[str, Any]:
        """Give it as the inbox keeps it."""
        told: dict[str, Any] = {
            "type": "identify",
            **named(self.customer),
            "at": self.at,
            "attributes": dict(self.attributes),
        }
        return told | {"takes_pushes": True} if self.takes_pushes else told


@dataclass(frozen=True, slots=True)
class Alias:
    """That somebody was known by another name before: two customers, if so, become one."""

    customer: str | Who
    previous: str

    def payload(self) -> dict[str, Any]:
        """Give it as the inbox keeps it."""
        return {"type": "alias", **named(self.customer), "previous": self.previous}


def named(customer: str | Who) -> dict[str, Any]:
    """Give who is meant as the inbox keeps it."""
    if isinstance(customer, str):
        return {"customer": customer}
    known: dict[str, Any] = {"customer": customer.customer, "names": list(customer.names)}
    addresses = {"email": customer.email, "phone": customer.phone}
    return known | {name: address for name, address in addresses.items() if address}


# ── At the door ──────────────────────────────────────────────────────────────────────────────


def keep(system: System, arrivals: Sequence[Arrival]) -> int:
    """Keep what arrived, on the disk when this returns, and give how much of it is new."""
    with system.database.writing() as cx:
        return append_arrivals(cx, arrivals, system.clock())


def live_catalog(system: System) -> Catalog | None:
    """Give the catalog that arrivals are read by; None before any was applied."""
    with system.database.reading() as cx:
        return system.shelf.catalog(cx)


def foresee(catalog: Catalog, arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, str]:
    """Say what of arrivals the catalog will not take, by their place in the sequence."""
    reader = Reader(catalog)
    for place, each in enumerate(arrivals):
        reader.read(Waiting(place, each.source, each.source_id, now, each.payload))
    for profile in reader.profiles:
        reader.settle_phone(profile, None, "; the country known of the customer goes before")
    said = {place: "; ".join(names) for place, names in reader.left_out.items()}
    for place, problem in reader.problems.items():
        said[place] = f"{problem}; {said[place]}" if place in said else problem
    return said


# ── Working it off ───────────────────────────────────────────────────────────────────────────


def take_in(system: System) -> frozenset[str]:
    """Work off what waits in the inbox, and name the playbooks that have work because of it.

    An arrival that our own reading breaks at is looked for in ever smaller batches and set aside
    with its problem: what comes after it must not wait for it.
    """
    concerned: set[str] = set()
    most = BATCH
    while True:
        try:
            taken, playbooks = _take_some(system, most)
        except VALUES_REFUSED:
            if most == 1:  # not even taking it is possible
                raise
            most = max(1, most // 10)
            continue
        concerned |= playbooks
        if taken < most:
            return frozenset(concerned)
        most = min(BATCH, most * 10)


def _take_some(system: System, most: int) -> tuple[int, frozenset[str]]:
    """Work off the oldest arrivals in one transaction: how many, and the playbooks concerned."""
    now = system.clock()
    with system.database.writing() as cx:
        waiting = take_waiting(cx, most)
        if not waiting:
            return 0, frozenset()
        reader = Reader(system.shelf.catalog(cx) or Catalog())
        try:
            with cx.begin_nested():
                concerned = _take(cx, system, reader, waiting, now)
        except VALUES_REFUSED as error:
            if most > 1:
                raise
            concerned = _set_aside(cx, waiting[0], error, now)
        reached(Landmark.USING_ARRIVALS)
    reached(Landmark.ARRIVALS_USED)
    if reader.erasures:
        system.database.sweep()
    return len(waiting), concerned


def _set_aside(cx: Connection, culprit: Waiting, error: Exception, now: datetime) -> frozenset[str]:
    # Its name alone: what it says may hold a customer's words.
    _log.error("arrival %s could not be read: %s", culprit.id, type(error).__name__)
    problem = f"reading it failed ({type(error).__name__}), which is a fault of ours: report it"
    finish(cx, [], {culprit.id: problem}, now)
    return frozenset()


def keep_events(system: System, events: Sequence[NewEvent]) -> frozenset[str]:
    """Keep events that were read elsewhere, and let playbooks hear of them."""
    now = system.clock()
    with system.database.writing(durable=False) as cx:
        put = put_events(cx, events, now)
        return hear(cx, system, events, put.ids, {}, now, put.keys)


def _take(
    cx: Connection, system: System, reader: Reader, waiting: Sequence[Waiting], now: datetime
) -> frozenset[str]:
    """Turn arrivals into profiles and events, profiles first, and let playbooks hear of them."""
    for each in waiting:
        reader.read(each)
    whos = [each.who for each in reader.profiles]
    whos += [who for each in reader.cohorts for who in each.people]
    whos += [each.who for each in reader.events]
    whos += [each.who for each in reader.aliases]
    whos += [each.who for each in (*reader.exports, *reader.erasures)]
    people = iter(people_meant(cx, whos, system.pepper, now))
    profiles = settle_phones(cx, reader, [(next(people), each) for each in reader.profiles])
    asking = who_must_confirm(
        cx, reader.catalog, [(who, each.attributes, each.consents) for who, each in profiles]
    )
    changed = _put_profiles(cx, profiles, now)
    lift_for_those_who_subscribed(cx, system, profiles)
    for who, values in asking.void:
        put_customers(cx, [(who, values)], now)
        changed.update({name: changed.get(name, set()) | {who} for name in values})
    for told in reader.cohorts:
        members = [next(people) for _ in told.people]
        tagged = put_page(cx, told.page, members, now)
        changed.setdefault(told.page.attribute, set()).update(tagged)
    asked = list(requests(cx, asking.wanted, now))
    events, put = _put_events(cx, reader, people, asked, now)
    _merge(cx, reader, people, now)
    _ask_for_exports(cx, reader, people, now)
    finish(cx, [key for key in reader.used if key not in reader.problems], reader.problems, now)
    known = {} if reader.aliases else put.keys
    concerned = hear(cx, system, events, put.ids, changed, now, known)
    providers = system.forgetful.keys() if reader.erasures else ()
    for wanted in reader.erasures:
        who, source = next(people), wanted.arrival.source
        erase(cx, who, source, system.pepper, reader.catalog, now, providers=providers)
    return concerned


def _put_profiles(
    cx: Connection, told: Sequence[tuple[str, ToldProfile]], now: datetime
) -> dict[str, set[str]]:
    """Keep what was told of customers, and give who changed by the attributes that were told."""
    told = _as_of_last(cx, those_that_count(cx, told, now), now)
    if not told:
        return {}
    put_customers(cx, [(who, each.attributes) for who, each in told], now)
    if any(each.consents for _, each in told):
        keys = keys_of(cx, sorted({who for who, _ in told}))
        consents = (
            Consent(keys[who], channel, ALL, allowed, each.source, each.at)
            for who, each in told
            for channel, allowed in each.consents.items()
        )
        record_consents(cx, consents, now)
    changed: dict[str, set[str]] = {}
    for who, each in told:
        for name in each.attributes:
            changed.setdefault(name, set()).add(who)
    return changed


def _as_of_last(
    cx: Connection, told: Sequence[tuple[str, ToldProfile]], now: datetime
) -> list[tuple[str, ToldProfile]]:
    """Leave out of what comes in no order the attributes of which something later was told."""
    loose = [(who, each) for who, each in told if not each.is_in_order]
    if not loose:
        return list(told)
    keys, _ = keys_made(cx, [who for who, _ in loose], now)
    tellings = [
        AttributesTold(keys[who], each.source, each.at, each.attributes) for who, each in loose
    ]
    names = iter(newest(cx, tellings))
    return [(who, each if each.is_in_order else _only(each, next(names))) for who, each in told]


def _only(profile: ToldProfile, names: Collection[str]) -> ToldProfile:
    kept = {name: value for name, value in profile.attributes.items() if name in names}
    return replace(profile, attributes=kept)


def _put_events(
    cx: Connection,
    reader: Reader,
    people: Iterator[str],
    asked: Sequence[NewEvent],
    now: datetime,
) -> tuple[list[NewEvent], EventsPut]:
    events = [
        NewEvent(
            next(people),
            each.name,
            each.at,
            each.arrival.source,
            each.arrival.source_id,
            each.properties,
            each.arrival.received_at,
        )
        for each in reader.events
    ]
    events += asked
    return events, put_events(cx, events, now)


def _merge(cx: Connection, reader: Reader, people: Iterator[str], now: datetime) -> None:
    """Make one of those who are said to be one, after all that this batch tells of either."""
    for each in reader.aliases:
        problem = _merged(cx, each, next(people), now)
        if problem is not None:
            reader.problems[each.arrival.id] = problem


def _ask_for_exports(cx: Connection, reader: Reader, people: Iterator[str], now: datetime) -> None:
    """Let operators see who asks for what is kept of them: a person has to send it."""
    for each in reader.exports:
        customer, source = next(people), each.arrival.source
        note(cx, source, "was asked for a customer's data", {"customer": customer}, now)
        reader.problems[each.arrival.id] = (
            f"{customer} asks, through {source}, for all that is kept: write it with"
            f" `keepwarm export {customer}`, and send it to them"
        )


def _merged(cx: Connection, alias: ToldAlias, meant: str, now: datetime) -> str | None:
    keys, _ = keys_made(cx, [meant], now)
    previous = customer_known_as(cx, alias.previous)
    if previous is None:
        # Nobody yet: what still comes under that name is of the one who has it now.
        add_names(cx, [("anonymous", alias.previous, keys[meant])], now)
        return None
    if keys_of(cx, [previous]).get(previous) == keys[meant]:
        return None
    merged = merge(cx, meant, previous, alias.arrival.source, now)
    return merged.reason if isinstance(merged, NotMerged) else None
