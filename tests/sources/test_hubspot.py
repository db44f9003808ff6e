"""HubSpot's changes, and what its workflows send."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from keepwarm.connectors.sources.contract import Asks, Call, Unreadable
from keepwarm.connectors.sources.registry import make_source
from tests.sources.given import CHANGE, NOW, URL, read, told


def test_a_property_of_a_contact_that_changed() -> None:
    telling = told("hubspot", [CHANGE])
    assert telling.word == "contact.propertyChange"
    assert telling.key == "100 contact.propertyChange 1246965 lifecyclestage 1772442000000"
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


def test_events_that_share_a_number_are_told_apart() -> None:
    """HubSpot's page on webhooks: the number of an event is not guaranteed to be unique."""
    other = {**CHANGE, "propertyName": "city", "propertyValue": "Delft"}
    assert len({each.key for each in read("hubspot", [CHANGE, other])}) == 2


def test_workflows_and_older_apps_sign_by_older_versions() -> None:
    source = make_source("hubspot", {"HUBSPOT_CLIENT_SECRET": "s"}, lambda: NOW)
    body = b'{"type": "deal.renewal"}'

    def is_proved(version: str, content: bytes) -> bool:
        shown = hashlib.sha256(b"s" + content).hexdigest()
        headers = {"x-hubspot-signature": shown, "x-hubspot-signature-version": version}
        return source.is_proved(Call(f"{URL}hubspot", headers, body, NOW))

    assert is_proved("v2", f"POST{URL}hubspot".encode() + body)
    assert is_proved("v1", body)
    assert not is_proved("v2", f"POST{URL}elsewhere".encode() + body)
    assert not is_proved("v1", body + b" ")
    assert not is_proved("v9", body)


def test_contacts_that_were_merged_are_one() -> None:
    merge = {**CHANGE, "subscriptionType": "contact.merge", "newObjectId": 9,
             "primaryObjectId": 7, "mergedObjectIds": [7, 8]}  # fmt: skip
    del merge["objectId"]
    assert told("hubspot", [merge]).person.names == tuple(("hubspot", n) for n in "978")


def test_newer_subscriptions_say_contact_by_a_number() -> None:
    newer = {**CHANGE, "subscriptionType": "object.propertyChange", "objectTypeId": "0-1"}
    assert told("hubspot", [newer]).word == "contact.propertyChange"
    assert read("hubspot", [{**newer, "objectTypeId": "0-3"}]) == []


def test_equal_calls_of_workflows_are_one_event_and_runs_of_an_action_are_not() -> None:
    told = {"type": "deal.renewal", "email": "anna@example.com", "data": {"amount": 900}}
    at = {**told, "occurredAt": 1_700_000_000_000}
    (one,), (again,), (other,) = (read("hubspot", each) for each in (told, told, at))
    assert one.key == again.key != other.key
    assert (one.at, other.at) == (None, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))

    action = {
        "callbackId": "ap-102670506-56777914962-11-0",
        "origin": {"portalId": 102670506},
        "context": {"source": "WORKFLOWS", "workflowId": 192814114},
        "object": {"objectId": 614, "objectType": "CONTACT"},
        "inputFields": {"type": "deal.renewal", "amount": 900},
    }
    (run,) = read("hubspot", action)
    (later,) = read("hubspot", {**action, "callbackId": "ap-102670506-56777914962-11-1"})
    assert (run.word, run.person.names, dict(run.fields)) == (
        "deal.renewal", (("hubspot", "614"),), {"amount": 900}
    )  # fmt: skip
    assert run.key != later.key
    of_a_deal = {"objectId": 9, "objectType": "DEAL"}
    fields = {"type": "deal.renewal", "email": "anna@example.com"}
    (deal,) = read("hubspot", {**action, "object": of_a_deal, "inputFields": fields})
    assert (deal.person.names, deal.person.email) == ((), "anna@example.com")
