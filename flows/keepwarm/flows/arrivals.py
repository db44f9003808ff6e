"""What arrives: kept at once, then turned into profiles, events, starts and wake-ups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from keepwarm.engine.facts import Value
from keepwarm.engine.timing import zone_named
from keepwarm.flows.shelf import Live
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.schema.catalog import Attribute, Catalog
from keepwarm.schema.suggestions import closest
from keepwarm.store.connection import Connection
from keepwarm.store.customers import CONSENTS, keys_of, put_customers
from keepwarm.store.events import NewEvent, put_events
from keepwarm.store.fitting import Misfit, fit_for, fit_moment
from keepwarm.store.inbox import Arrival, Waiting, append_arrivals, finish, take_waiting
from keepwarm.store.moments import from_micros
from keepwarm.store.people import ALL, Consent, record_consents

#: How many arrivals are worked off in one transaction.
BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Track:
    """Something that a customer did, or that happened to one, as it is told."""

    customer: str
    event: str
    at: str | None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """Give it as the inbox keeps it."""
        return {
            "type": "track",
            "customer": self.customer,
            "event": self.event,
            "at": self.at,
            "properties": dict(self.properties),
        }


@dataclass(frozen=True, slots=True)
class Identify:
    """What is known about a customer, as it is told."""

    customer: str
    at: str | None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """Give it as the inbox keeps it."""
        return {
            "type": "identify",
            "customer": self.customer,
            "at": self.at,
            "attributes": dict(self.attributes),
        }


def keep(system: System, arrivals: Sequence[Arrival]) -> int:
    """Keep what arrived, on the disk when this returns, and give how much of it is new."""
    with system.database.writing() as cx:
        return append_arrivals(cx, arrivals, system.clock())


def take_in(system: System) -> frozenset[str]:
    """Work off what waits in the inbox, and name the playbooks that have work because of it."""
    concerned: set[str] = set()
    while True:
        now = system.clock()
        with system.database.writing() as cx:
            waiting = take_waiting(cx, BATCH)
            if not waiting:
                return frozenset(concerned)
            concerned |= _take(cx, system, waiting, now)
        if len(waiting) < BATCH:
            return frozenset(concerned)


def keep_events(system: System, events: Sequence[NewEvent]) -> frozenset[str]:
    """Keep events that were read elsewhere, and let playbooks hear of them."""
    now = system.clock()
    with system.database.writing(durable=False) as cx:
        put = put_events(cx, events, now)
        return hear(cx, system, events, put.ids, {}, now)


def _take(
    cx: Connection, system: System, waiting: Sequence[Waiting], now: datetime
) -> frozenset[str]:
    """Turn arrivals into profiles and events, profiles first, and let playbooks hear of them."""
    live = system.shelf.live(cx)
    reader = _Reader(_catalog(live), now)
    for each in waiting:
        reader.read(each)
    told = reader.profiles
    if told:
        put_customers(cx, told, now)
        _record_consents(cx, reader.consents, now)
    put = put_events(cx, reader.events, now)
    finish(cx, reader.used, reader.problems, now)
    changed: dict[str, set[str]] = {}
    for customer, values in told:
        for name in values:
            changed.setdefault(name, set()).add(customer)
    return hear(cx, system, reader.events, put.ids, changed, now)


def _catalog(live: Mapping[str, Live]) -> Catalog:
    """Give the catalog of the latest version: all that are released together share one."""
    latest = max(live.values(), key=lambda each: each.released.version_id, default=None)
    return Catalog() if latest is None else latest.released.catalog


@dataclass(slots=True)
class _Reader:
    """Reads arrivals by the catalog, and sorts out those that do not fit."""

    catalog: Catalog
    now: datetime
    profiles: list[tuple[str, dict[str, Value | None]]] = field(default_factory=list)
    consents: list[tuple[str, str, bool, str, datetime]] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    used: list[int] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)

    def read(self, waiting: Waiting) -> None:
        """Read one arrival; what does not fit is a problem of this arrival alone."""
        payload = waiting.payload
        match payload.get("type"):
            case "track":
                problem = self._track(waiting, payload)
            case "identify":
                problem = self._identify(waiting, payload)
            case other:
                problem = f"{other!r} is neither track nor identify"
        if problem is None:
            self.used.append(waiting.id)
        else:
            self.problems[waiting.id] = problem

    def _track(self, waiting: Waiting, payload: Mapping[str, Any]) -> str | None:
        name = payload["event"]
        declared = self.catalog.events.get(name)
        if declared is None:
            return _unknown("event", name, self.catalog.events)
        properties = _fitted(payload["properties"], declared.properties, self.catalog)
        at = self._moment(waiting, payload)
        if isinstance(properties, str):
            return f"{name}: {properties}"
        if isinstance(at, str):
            return at
        kept = {key: value for key, value in properties.items() if value is not None}
        self.events.append(
            NewEvent(
                payload["customer"],
                name,
                at,
                waiting.source,
                waiting.source_id,
                kept,
                waiting.received_at,
            ),
        )
        return None

    def _identify(self, waiting: Waiting, payload: Mapping[str, Any]) -> str | None:
        fitted = _fitted(payload["attributes"], self.catalog.attributes, self.catalog)
        at = self._moment(waiting, payload)
        if isinstance(fitted, str):
            return fitted
        if isinstance(at, str):
            return at
        customer = payload["customer"]
        for attribute, channel in CONSENTS.items():
            allowed = fitted.pop(attribute, None)
            if isinstance(allowed, bool):
                self.consents.append((customer, channel, allowed, waiting.source, at))
        self.profiles.append((customer, fitted))
        return None

    def _moment(self, waiting: Waiting, payload: Mapping[str, Any]) -> datetime | str:
        if payload.get("at") is None:
            return waiting.received_at
        at = fit_moment(payload["at"], zone_named(self.catalog.timezone))
        return f"at {at.reason}" if isinstance(at, Misfit) else from_micros(at)


def _fitted(
    given: Mapping[str, Any], declared: Mapping[str, Attribute], catalog: Catalog
) -> dict[str, Value | None] | str:
    """Give the values by the kinds that the catalog declares, or what does not fit."""
    zone = zone_named(catalog.timezone)
    fitted: dict[str, Value | None] = {}
    for name, raw in given.items():
        attribute = declared.get(name)
        if attribute is None:
            return _unknown("name", name, declared)
        value = fit_for(attribute, zone)(raw)
        if isinstance(value, Misfit):
            return f"{name} {value.reason}"
        fitted[name] = value
    return fitted


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = closest(name, known)
    hint = f'; did you mean "{near}"?' if near else ""
    return f'the catalog has no {what} "{name}"{hint}'


def _record_consents(
    cx: Connection, told: Sequence[tuple[str, str, bool, str, datetime]], now: datetime
) -> None:
    if not told:
        return
    keys = keys_of(cx, [customer for customer, *_ in told])
    record_consents(
        cx,
        [
            Consent(keys[customer], channel, ALL, allowed, source, at)
            for customer, channel, allowed, source, at in told
        ],
        now,
    )
