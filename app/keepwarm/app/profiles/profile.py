"""A customer's profile: what is known, from where, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from keepwarm.app.explaining.explain import zones_of_customer
from keepwarm.app.profiles.sentences import sentence_of
from keepwarm.engine.facts import Value
from keepwarm.engine.zones import ZoneSource
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import FactKind
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer
from keepwarm.store.outbox import Wanted, read_outbox
from keepwarm.store.timelines import Happened, timeline

_FROM = {
    ZoneSource.PROFILE: "stated in the profile",
    ZoneSource.PHONE: "from the phone number",
    ZoneSource.PROJECT: "the catalog's, as no other is known",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Something known, as people read it."""

    name: str
    value: str
    #: How it is known, where that is not simply told.
    provenance: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happened, as people read it."""

    at: datetime
    says: str
    happened: Happened


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is known and done about one customer."""

    customer: str
    since: datetime
    zone: str
    known: tuple[Told, ...]
    #: The latest first.
    deeds: tuple[Deed, ...]


def profile_of(cx: Connection, shelf: Shelf, customer: Customer, most: int) -> Profile:
    """Give the profile of a customer, with so much of what happened."""
    catalog = shelf.catalog(cx) or Catalog()
    places = places_of(cx, shelf, customer)
    happened = timeline(cx, customer.id, most)
    sent = read_outbox(cx, Wanted(customer=customer.customer), most)
    became = {each.id: each for each in sent}
    return Profile(
        customer=customer.customer,
        since=customer.created_at,
        zone=places[0].value,
        known=(*places, *_known(customer.attributes, catalog)),
        deeds=tuple(Deed(each.at, sentence_of(each, became), each) for each in happened),
    )


def places_of(cx: Connection, shelf: Shelf, customer: Customer) -> tuple[Told, Told]:
    """Give the time zone and the language that count, and from where they are known."""
    zones = zones_of_customer(cx, shelf, customer)
    several = f", one of {', '.join(zones.names)}" if len(zones.names) > 1 else ""
    zone = Told("timezone", zones.name, f"{_FROM[zones.source]}{several}")
    return zone, _language(customer.attributes, shelf.catalog(cx) or Catalog())


def _language(attributes: Mapping[str, Value], catalog: Catalog) -> Told:
    stated = attributes.get("language")
    if isinstance(stated, str) and stated:
        return Told("language", stated, "stated in the profile")
    return Told("language", catalog.language, "the catalog's, as no other is known")


def _known(attributes: Mapping[str, Value], catalog: Catalog) -> Iterator[Told]:
    for name in sorted(attributes.keys() - {"timezone", "language"}):
        declared = catalog.attributes.get(name)
        means = declared.means if declared else "the catalog does not have it"
        unit = f" {declared.unit}" if declared and declared.kind is FactKind.NUMBER else ""
        yield Told(name, f"{said(attributes[name])}{unit}".strip(), means)


def said(value: Value | None) -> str:
    """Give a value as people read it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
