"""Calls that differ from the documented example: other versions, wrappings, halves and nothings."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from keepwarm.connectors.json_reading import read_json
from keepwarm.connectors.sources.contract import Call, Unreadable
from keepwarm.connectors.sources.payloads import json_of
from keepwarm.connectors.sources.registry import make_source
from keepwarm.store.database import Database
from tests.app.serving import serving
from tests.journeys.world import World
from tests.sources.given import (
    CHANGE,
    CHANGED,
    CLICKED,
    EXAMPLES,
    NOW,
    RATED,
    URL,
    read,
    told,
)

PLAYED = {"time": 1772442000, "distinct_id": "d1", "$insert_id": "i1"}
#: What is no JSON, however kindly it is read.
NO_JSON = [
    b'["\xe9"]', b'["\\ud83d", NaN]', b'["\\ud83d", 1e999]', b"{", b"", b"[" * 100_000,
    b'"\\ud83d" x', b"\xef\xbb\xbf" + b"[" * 9_000 + b"]" * 9_000,
]  # fmt: skip


def test_json_is_read_as_it_is_meant_and_nothing_else_is() -> None:
    assert read_json(b'["caf\xc3\xa9 \\ud83d!", {"\\udc00": 1}]') == ["café \ufffd!", {"\ufffd": 1}]
    assert read_json(b'{"said": "one\ntwo\t"}') == {"said": "one\ntwo\t"}
    assert read_json(b"\xef\xbb\xbf[1]") == [1]
    huge = b'["\\ud83d", 123456789012345678901, -9223372036854775808]'
    assert read_json(huge)[1:] == [1.2345678901234568e20, -9223372036854775808]
    for none in NO_JSON:
        with pytest.raises(Unreadable, match="not JSON in UTF-8"):
            json_of(none)


def test_a_comment_with_line_ends_in_a_zendesk_trigger_is_a_comment() -> None:
    body = b'{"type":"ticket.rated","ticket":{"id":"7","email":"a@x.example","comment":"So\nlate"}}'
    call = Call(URL + "zendesk", {}, body, NOW)
    [telling] = make_source("zendesk", {}, lambda: NOW).read(call)
    assert telling.fields["comment"] == "So\nlate"


@pytest.mark.parametrize("sign", [":", "/"])
def test_a_zendesk_user_of_whom_little_is_known(sign: str) -> None:
    detail = {"id": "6596848315901", "email": "a@x.example", "external_id": "", "role": "end-user",
              "organization_id": "0", "default_group_id": "0"}  # fmt: skip
    payload = {"type": f"zen:event-type{sign}user.identity_changed", "id": "2b24", "detail": detail,
               "time": "2026-03-01T10:00:00Z", "event": None}  # fmt: skip
    telling = told("zendesk", payload)
    assert telling.word == "user.identity_changed"
    assert (telling.person.customer, telling.person.email) == (None, "a@x.example")
    assert telling.facts == {"customer.email": "a@x.example"}


@pytest.mark.parametrize("kind", ["company", "ticket", "admin", "event"])
def test_what_intercom_tells_of_others_than_contacts_is_of_nobody(kind: str) -> None:
    item = {"type": kind, "id": "64f1", "name": "Acme"}
    payload = {**RATED, "topic": f"{kind}.created", "data": {"item": item}}
    assert read("intercom", payload) == []


def test_intercom_names_a_contact_within_a_tag_and_of_a_ticket() -> None:
    contact = {"type": "contact", "id": "5f", "external_id": "anna", "email": "anna@example.com"}
    tagged = {"type": "contact_tag", "tag": {"id": "1"}, "contact": contact}
    telling = told("intercom", {**RATED, "topic": "contact.tag.created", "data": {"item": tagged}})
    assert (telling.person.customer, telling.person.names) == ("anna", (("intercom", "5f"),))
    # Versions before 2.0 call people users, also within a conversation.
    former = {"type": "user_tag", "user": {"type": "user", "id": "5e", "user_id": "anna"}}
    telling = told("intercom", {**RATED, "topic": "user.tag.created", "data": {"item": former}})
    assert telling.person.customer == "anna"
    talk = {"type": "conversation", "id": "1", "user": former["user"]}
    telling = told("intercom", {**RATED, "data": {"item": talk}})
    assert (telling.person.customer, telling.facts) == ("anna", {})
    ticket = {"type": "ticket", "id": "9", "contacts": {"contacts": [contact]}}
    telling = told("intercom", {**RATED, "topic": "ticket.created", "data": {"item": ticket}})
    assert telling.person.names == (("intercom", "5f"),)
    state = {"category": "in_progress", "internal_label": "Being looked at"}
    newer = {**ticket, "ticket_state": state, "ticket_attributes": {"_default_title_": "Skips"}}
    telling = told("intercom", {**RATED, "topic": "ticket.closed", "data": {"item": newer}})
    assert telling.fields == {"ticket": "9", "state": "in_progress", "subject": "Skips"}


def test_an_association_in_a_batch_of_hubspots_stops_no_other_change() -> None:
    associated = {
        "eventId": 7, "subscriptionType": "contact.associationChange", "occurredAt": 1772442000000,
        "fromObjectId": 31, "toObjectId": 77, "associationType": "CONTACT_TO_COMPANY",
    }  # fmt: skip
    other_way = {**associated, "fromObjectId": 77, "toObjectId": 31,
                 "associationType": "COMPANY_TO_CONTACT"}  # fmt: skip
    tellings = read("hubspot", [associated, other_way, CHANGE])
    assert [each.person.names for each in tellings] == [
        (("hubspot", "31"),), (("hubspot", "1246965"),),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "payload", "count"),
    [
        ("hubspot", [CHANGE, {"objectId": 1}, {**CHANGE, "eventId": 101}], 2),
        ("klaviyo", {"data": [{**CLICKED["data"][0], "topic": None}, *CLICKED["data"]]}, 1),
        ("salesforce", [None, CHANGED, {"payload": {}}], 1),
        ("mixpanel", [{"event": "x"}, {"event": "x", "properties": PLAYED}], 1),
        ("amplitude", [{"user_id": "a"}, {"user_id": "a", "event_type": "x", "uuid": "u"}], 1),
    ],
)
def test_an_item_that_cannot_be_read_takes_no_other_with_it(
    source: str, payload: Any, count: int
) -> None:
    with pytest.raises(Unreadable, match=r"item \d of \d: ") as why:
        read(source, payload)
    assert len(why.value.told) == count
    again = pickle.loads(pickle.dumps(why.value))
    assert (str(again), again.told) == (str(why.value), why.value.told)


def test_newer_topics_of_shopify_name_a_customer_by_a_gid() -> None:
    summary = {
        "customerId": "gid://shopify/Customer/207119551", "numberOfOrders": 4,
        "amountSpent": {"amount": 120.5, "currencyCode": "EUR"},
        "occurredAt": "2026-03-01T10:00:00Z",
    }  # fmt: skip
    telling = told("shopify", summary, x_shopify_topic="customers/purchasing_summary")
    assert telling.person.names == (("shopify", "207119551"),)
    assert telling.facts == {"customer.orders": 4, "customer.spent": 120.5}
    assert str(telling.at) == "2026-03-01 10:00:00+00:00"


def test_a_consent_to_texts_that_shopify_tells_by_itself() -> None:
    left = {
        "customer_id": 706405506930370084, "phone": "+31612345678",
        "sms_marketing_consent": {"state": "UNSUBSCRIBED", "opt_in_level": "SINGLE_OPT_IN",
                                  "consent_updated_at": "2026-03-01T10:00:00-05:00"},
    }  # fmt: skip
    telling = told("shopify", left, x_shopify_topic="customers_marketing_consent/update")
    assert telling.person.names == (("shopify", "706405506930370084"),)
    assert telling.facts == {"customer.sms_consent": False}


def test_what_salesforce_tells_may_be_wrapped_by_what_passes_it_on() -> None:
    [example] = [each for each in EXAMPLES if each.source == "salesforce"]
    changes = json.loads(example.body)
    change = changes[0] if isinstance(changes, list) else changes
    plain = [(each.word, each.person) for each in read("salesforce", change)]
    relayed = {"version": "0", "source": "aws.partner/salesforce.com/x", "detail": change}
    streamed = {"channel": "/data/ChangeEvents", "data": change}
    for wrapped in (relayed, streamed):
        assert [(each.word, each.person) for each in read("salesforce", wrapped)] == plain
    with pytest.raises(Unreadable, match="ChangeEventHeader"):
        read("salesforce", {"detail": {}})


def test_what_a_metered_subscription_costs_a_month_is_not_known() -> None:
    price = {"id": "price_1", "currency": "eur", "unit_amount": 5,
             "recurring": {"interval": "month", "usage_type": "metered"}}  # fmt: skip
    event: dict[str, Any] = {
        "id": "evt_1", "type": "customer.subscription.updated", "created": 1772442000,
        "data": {"object": {"id": "sub_1", "customer": "cus_1", "status": "active",
                            "items": {"data": [{"price": price}]}}},
    }  # fmt: skip
    facts = told("stripe", event).facts
    assert "subscription.monthly_amount" not in facts
    assert facts["subscription.status"] == "active"


CATALOG = """\
events:
  refused: {with: {invoice: text, amount: number}, from: stripe invoice.payment_failed}
"""


def test_signs_that_no_database_keeps_lose_no_call(database: Database, tmp_path: Path) -> None:
    [example] = [each for each in EXAMPLES if each.source == "stripe"]
    world = World(database, tmp_path / "playbooks", now=NOW)
    world.write("catalog/stripe.yaml", CATALOG)
    world.playbook("hi", "topic: tips\nstart: {event: refused}\nsteps:\n  - email: hello\n")
    world.apply()
    invoice = {"object": "invoice", "customer": "cus_\0x", "customer_email": "a\0@x.example",
               "amount_due": 1_000, "currency": "eur", "id": "in_\0\ud83d"}  # fmt: skip
    event = {"id": "evt_\0", "type": "invoice.payment_failed", "created": int(NOW.timestamp()),
             "data": {"object": invoice}}  # fmt: skip
    body = json.dumps(event).encode()
    with serving(world, sources={"stripe": example.made()}) as site:
        headers = example.signed("whsec_" + "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5u", body, NOW)
        answer = site.ask("POST", "/sources/stripe", body, headers)
    assert (answer.status, answer.text) == (204, "")
    world.work()
    assert world.rows("SELECT name FROM event") == [("refused",)]
