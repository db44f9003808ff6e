"""Salesforce's records, as its queries give them: what each tells of a customer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from keepwarm.connectors.sources.contract import Person, Telling
from keepwarm.connectors.sources.payloads import at, iso, text_at, time_at

#: What every query asks for besides.
OF_ALL: Final = ("Id", "IsDeleted", "CreatedDate", "SystemModstamp")
#: Object -> the fields that say whom it is about.
OF_PEOPLE: Final = {
    "Contact": ("Email", "MobilePhone", "MasterRecordId"),
    "Opportunity": ("ContactId",),
}


def record_telling(record: object, names: Collection[str] | None = None) -> Telling | None:
    """Give what a record tells; without names, by all of its fields."""
    thing, number = text_at(record, "attributes.type"), text_at(record, "Id")
    if thing is None or number is None or not isinstance(record, dict):
        return None
    person = _person(thing, number, record)
    if not person.is_somebody:
        return None
    when = _moment(record, "SystemModstamp")
    fields = {name: record.get(name) for name in (names or record) if name != "attributes"}
    facts = {f"{thing}.{name}": value for name, value in fields.items()}
    is_gone = at(record, "IsDeleted") is True
    told = {name: value for name, value in fields.items() if value is not None}
    return Telling(
        f"{thing}.{_change(record, when)}",
        f"{thing} {number} {iso(when)}",
        person,
        when,
        told,
        {} if is_gone else facts,
        record,
    )


def _change(record: dict[str, Any], when: datetime | None) -> str:
    if at(record, "IsDeleted") is True:
        return "delete"
    return "create" if when is not None and _moment(record, "CreatedDate") == when else "update"


def _person(thing: str, number: str, record: dict[str, Any]) -> Person:
    """Give whom a record is about; a contact that was merged into another is that one too."""
    if thing != "Contact":
        contact = text_at(record, "ContactId")
        return Person(names=(("salesforce", contact),) if contact else ())
    master = text_at(record, "MasterRecordId")
    ids = [master, number] if master else [number]
    return Person(
        names=tuple(("salesforce", each) for each in ids),
        email=text_at(record, "Email"),
        phone=text_at(record, "MobilePhone"),
    )


def _moment(record: object, name: str) -> datetime | None:
    """Give a moment, which Salesforce writes with a zone of four digits."""
    return time_at(record, name)
