"""HubSpot's changes, and what its workflows send."""

from __future__ import annotations

import pytest

from keepwarm.connectors.sources.contract import Asks, Unreadable
from tests.sources.given import CHANGE, read, told


def test_a_property_of_a_contact_that_changed() -> None:
    telling = told("hubspot", [CHANGE])
    assert (telling.word, telling.key) == ("contact.propertyChange", "100")
    assert telling.person.names == (("hubspot", "1246965"),)
    assert telling.facts == {"lifecyclestage": "customer"}
    assert telling.at is not None
    assert telling.at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_an_address_that_changed_says_who_it_is() -> None:
    email = {**CHANGE, "propertyName": "email", "propertyValue": "anna@example.com"}
    assert told("hubspot", [email]).person.email == "anna@example.com"


def test_a_contact_deleted_for_privacy_is_to_be_erased() -> None:
    deleted = {**CHANGE, "subscriptionType": "contact.privacyDeletion"}
    assert told("hubspot", [deleted]).asks is Asks.ERASURE


def test_a_deal_is_told_by_a_workflow() -> None:
    assert read("hubspot", [{**CHANGE, "subscriptionType": "deal.propertyChange"}]) == []
    deal = {"type": "deal.renewal", "id": 7, "email": "anna@example.com", "data": {"amount": 900}}
    telling = told("hubspot", deal)
    assert (telling.word, telling.key) == ("deal.renewal", "deal.renewal 7")
    assert telling.fields == {"amount": 900}
    with pytest.raises(Unreadable, match="names nobody"):
        read("hubspot", {"type": "deal.renewal"})
