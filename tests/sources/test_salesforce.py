"""Salesforce's change events."""

from __future__ import annotations

from typing import Any

import pytest

from keepwarm.connectors.sources.contract import Unreadable
from tests.sources.given import CHANGED, read, told


def test_a_contact_that_changed() -> None:
    telling = told("salesforce", CHANGED)
    assert telling.word == "Contact.update"
    assert telling.key == "0002343d-9d90 003xx000004TmiQAAS"
    assert telling.person.names == (("salesforce", "003xx000004TmiQAAS"),)
    assert telling.person.email == "anna@example.com"
    assert telling.facts == {
        "Contact.Email": "anna@example.com",
        "Contact.Renewal_Date__c": "2026-09-01",
    }


def test_another_object_is_about_its_contact() -> None:
    header = {**CHANGED["payload"]["ChangeEventHeader"], "entityName": "Opportunity"}
    record = {"ChangeEventHeader": header, "ContactId": "003A", "StageName": "Closed Won"}
    telling = told("salesforce", [{"payload": record}])
    assert telling.word == "Opportunity.update"
    assert telling.person.names == (("salesforce", "003A"),)
    assert telling.fields["StageName"] == "Closed Won"
    nobody = {"ChangeEventHeader": header, "StageName": "Closed Won"}
    assert read("salesforce", {"payload": nobody}) == []


def test_what_is_no_change_event_is_refused() -> None:
    with pytest.raises(Unreadable, match="ChangeEventHeader"):
        read("salesforce", {"payload": {}})


def test_several_changes_of_a_transaction_and_several_records_are_told_apart() -> None:
    def change(number: int, *ids: str) -> dict[str, Any]:
        header = {**CHANGED["payload"]["ChangeEventHeader"], "sequenceNumber": number,
                  "recordIds": list(ids)}  # fmt: skip
        return {"payload": {**CHANGED["payload"], "ChangeEventHeader": header}}

    tellings = read("salesforce", [change(1, "003A"), change(2, "003A", "003B")])
    assert [each.key for each in tellings] == [
        "0002343d-9d90 1 003A",
        "0002343d-9d90 2 003A",
        "0002343d-9d90 2 003B",
    ]
    assert tellings[2].person.names == (("salesforce", "003B"),)


def test_the_parts_of_a_compound_field_are_told() -> None:
    name = {"Salutation": "Ms", "FirstName": "Anna", "LastName": "Jansen"}
    facts = told("salesforce", {"payload": {**CHANGED["payload"], "Name": name}}).facts
    assert facts["Contact.FirstName"] == "Anna"
    assert facts["Contact.Email"] == "anna@example.com"
