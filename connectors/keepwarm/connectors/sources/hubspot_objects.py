"""HubSpot's objects, as its API gives them: what a contact or a deal tells of customers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from keepwarm.connectors.sources.contract import Person, Telling
from keepwarm.connectors.sources.payloads import at, iso, text_at, time_at

#: What facts of a deal begin with.
DEAL: Final = "deal."
#: Stream -> the property that says when a record was modified.
MODIFIED: Final = {"contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}
#: What says who a contact is.
OF_PEOPLE: Final = ("email", "phone", "mobilephone", "hs_merged_object_ids")


def contact_telling(record: object, names: Collection[str] | None = None) -> Telling | None:
    """Give what a contact tells; without names, by all of its properties."""
    number, properties = text_at(record, "id"), at(record, "properties")
    if number is None or not isinstance(properties, dict):
        return None
    merged = (text_at(properties, "hs_merged_object_ids") or "").split(";")
    ids = [number, *(each.strip() for each in merged if each.strip())]
    person = Person(
        names=tuple(("hubspot", each) for each in dict.fromkeys(ids)),
        email=text_at(properties, "email"),
        phone=text_at(properties, "phone") or text_at(properties, "mobilephone"),
    )
    when = time_at(properties, MODIFIED["contacts"]) or time_at(record, "updatedAt")
    key = f"contact {number} {iso(when)}"
    return Telling("contact.pulled", key, person, when, {}, _named(properties, names), properties)


def deletion_telling(record: object) -> Telling | None:
    """Give that a contact was deleted; None where it does not say when."""
    number, when = text_at(record, "id"), time_at(record, "archivedAt")
    if number is None or when is None:
        return None
    person = Person(names=(("hubspot", number),))
    return Telling("contact.deletion", f"deleted {number} {iso(when)}", person, when)


def deal_tellings(
    record: object, contacts: Collection[str], names: Collection[str] | None = None
) -> Iterator[Telling]:
    """Give what a deal tells of each of its contacts."""
    number, properties = text_at(record, "id"), at(record, "properties")
    if number is None or not isinstance(properties, dict):
        return
    when = time_at(properties, MODIFIED["deals"]) or time_at(record, "updatedAt")
    told = _named(properties, names)
    fields = {name: value for name, value in told.items() if value is not None}
    facts = {f"{DEAL}{name}": value for name, value in told.items()}
    for contact in contacts:
        person = Person(names=(("hubspot", contact),))
        key = f"deal {number} {contact} {iso(when)}"
        yield Telling(
            "deal.changed", key, person, when, fields | {"deal": number}, facts, properties
        )


def _named(properties: dict[str, Any], names: Collection[str] | None) -> dict[str, Any]:
    """Give the properties that are asked for; one that is empty was taken away, and is None."""
    wanted = properties if names is None else names
    return {name: _filled(properties.get(name)) for name in wanted}


def _filled(value: object) -> object:
    return None if value == "" else value
