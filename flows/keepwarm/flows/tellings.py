"""What sources told, in the words of the catalog: each telling becomes arrivals, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from keepwarm.connectors.sources.contract import (
    Asks,
    Cohort,
    CohortChange,
    Person,
    Telling,
)
from keepwarm.connectors.sources.payloads import at, iso
from keepwarm.engine.timing import zone_named
from keepwarm.flows.arrivals import Identify, Track, named
from keepwarm.schema.catalog import BUILT_IN_ATTRIBUTES, Attribute, Catalog, EventType
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.sources import Told
from keepwarm.store.fitting import fit_for
from keepwarm.store.identities import Who
from keepwarm.store.inbox import Arrival

#: What a customer asks for -> the type of the arrival.
_TYPES: Final = {Asks.ERASURE: "erase", Asks.EXPORT: "export"}
#: Longer ones are no identifiers, and no index of the database would take them.
_LONGEST_NAME: Final = 200
_UTC: Final = zone_named("UTC")


def arrivals_of(catalog: Catalog, source: str, tellings: Sequence[Telling]) -> list[Arrival]:
    """Give what tellings come to by the catalog: what it has no word for is nobody's business."""
    return [
        replace(arrival, source_id=_short(arrival.source_id))
        for each in tellings
        for arrival in _arrivals(catalog, source, each)
    ]


def _short(key: str) -> str:
    """Give a key that an index takes: a long one by its hash."""
    is_short = len(key) <= _LONGEST_NAME
    return key if is_short else hashlib.sha256(key.encode()).hexdigest()


def _arrivals(catalog: Catalog, source: str, telling: Telling) -> Iterator[Arrival]:
    if telling.cohort is not None:
        yield from _cohort(catalog, source, telling.key, telling.cohort)
        return
    who = _who(telling.person, catalog.country)
    if who is None:
        return
    if telling.asks is not None:
        yield Arrival(source, telling.key, {"type": _TYPES[telling.asks], **named(who)})
        return
    moment = iso(telling.at)
    attributes = _attributes(catalog, source, telling)
    if attributes:
        # Whoever does not say when something happened tells it in the order in which it happened.
        known = Identify(who, moment, attributes).payload() | {"is_in_order": moment is None}
        if telling.thing is not None:
            known |= {"thing": telling.thing.id, "standing": telling.thing.standing.value}
        yield Arrival(source, f"{telling.key} profile", known)
    for event in catalog.events.values():
        if Told(source, telling.word) in event.told_by:
            properties = _properties(event, telling, zone_named(catalog.timezone))
            track = Track(who, event.name, moment, properties)
            yield Arrival(source, f"{telling.key} {event.name}", track.payload())


def _cohort(catalog: Catalog, source: str, key: str, cohort: Cohort) -> Iterator[Arrival]:
    """Give a page of a cohort for each attribute that is the cohorts of this source."""
    people = [
        who for person in cohort.members if (who := _who(person, catalog.country)) is not None
    ]
    for attribute in catalog.attributes.values():
        if (
            Told(source, cohort.fact) not in attribute.told_by
            or attribute.kind is not FactKind.TAGS
        ):
            continue
        page = {
            "type": "cohort",
            "cohort": cohort.id,
            "attribute": attribute.name,
            "tag": dict(attribute.read_as).get(cohort.name, cohort.name),
            "are_members": cohort.change is not CohortChange.REMOVED,
            "session": cohort.session if cohort.change is CohortChange.ALL else None,
            "is_last": cohort.is_last,
            "people": [named(who) for who in people],
        }
        yield Arrival(source, f"{key} {attribute.name}", page)


def _who(person: Person, country: str | None) -> Who | None:
    """Give who is meant, without addresses and names that are none: much passes for one."""
    email = _address("email", person.email, country)
    phone = _address("phone", person.phone, country)
    names = tuple((kind, name) for kind, name in person.names if len(name) <= _LONGEST_NAME)
    customer = person.customer
    if customer is not None and len(customer) > _LONGEST_NAME:
        customer = None
    if not (customer or names or email or phone):
        return None
    return Who(customer, names, email, phone)


def _address(name: str, given: str | None, country: str | None) -> str | None:
    found = fit_for(BUILT_IN_ATTRIBUTES[name], _UTC, country)(given)
    return found if isinstance(found, str) else None


def _attributes(catalog: Catalog, source: str, telling: Telling) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for attribute in catalog.attributes.values():
        for told in attribute.told_by:
            if told.source == source and told.word in telling.facts:
                found[attribute.name] = _read_as(
                    attribute, telling.facts[told.word], zone_named(catalog.timezone)
                )
    return found


def _read_as(attribute: Attribute, given: object, zone: ZoneInfo) -> object:
    """Give a value in our words; a day is that of the moment which the source tells."""
    meant = dict(attribute.read_as).get(str(given), given)
    if attribute.kind is not FactKind.DATE or not isinstance(meant, str):
        return meant
    try:
        return datetime.fromisoformat(meant).astimezone(zone).date().isoformat()
    except ValueError:
        return meant


def _properties(event: EventType, telling: Telling, zone: ZoneInfo) -> Mapping[str, Any]:
    called = dict(event.called)
    found = {
        name: _read_as(declared, _told(called.get(name, name), telling), zone)
        for name, declared in event.properties.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _told(name: str, telling: Telling) -> object:
    if name in telling.fields:
        return telling.fields[name]
    return at(telling.payload, name) if "." in name else None
