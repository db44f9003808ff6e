"""Shopify's webhooks, in the words of its documentation."""

from __future__ import annotations

from typing import Any

import pytest

from keepwarm.connectors.sources.contract import Asks, CohortChange, Unreadable
from tests.sources.given import ORDER, read, told

CUSTOMER = {
    "id": 207119551,
    "email": "anna@example.com",
    "phone": "+31612345678",
    "first_name": "Anna",
    "last_name": "Jansen",
    "orders_count": 3,
    "total_spent": "199.65",
    "tags": "loyal, vinyl",
    "created_at": "2025-03-01T10:00:00-05:00",
    "updated_at": "2026-03-01T10:00:00-05:00",
    "email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in"},
    "sms_marketing_consent": {"state": "not_subscribed"},
}


def test_an_order_that_was_paid() -> None:
    telling = told("shopify", ORDER, x_shopify_topic="orders/paid")
    assert telling.word == "orders/paid"
    assert telling.person.names == (("shopify", "207119551"),)
    assert telling.person.email == "anna@example.com"
    assert telling.fields == {
        "order": "450789469",
        "number": "#1001",
        "amount": 67.5,
        "currency": "USD",
        "items": 3,
        "discount_code": "TEN",
    }
    assert telling.at is not None
    assert telling.at.isoformat() == "2026-03-01T10:05:00-05:00"


def test_a_checkout_that_was_begun() -> None:
    checkout = {
        "token": "b1946ac9",
        "email": "anna@example.com",
        "total_price": "25.00",
        "currency": "USD",
        "abandoned_checkout_url": "https://shop.example/recover",
        "line_items": [{"quantity": 2}],
        "created_at": "2026-03-01T10:00:00-05:00",
    }
    telling = told("shopify", checkout, x_shopify_topic="checkouts/update")
    assert telling.fields == {
        "checkout": "b1946ac9",
        "amount": 25,
        "currency": "USD",
        "items": 2,
        "url": "https://shop.example/recover",
    }
    # Before an address is typed it is nobody's.
    assert read("shopify", {**checkout, "email": None}, x_shopify_topic="checkouts/update") == []


def test_a_customer_tells_what_is_known_and_allowed() -> None:
    telling = told("shopify", CUSTOMER, x_shopify_topic="customers/update")
    assert telling.person.names == (("shopify", "207119551"),)
    assert telling.facts == {
        "customer.email": "anna@example.com",
        "customer.phone": "+31612345678",
        "customer.first_name": "Anna",
        "customer.last_name": "Jansen",
        "customer.email_consent": True,
        "customer.orders": 3,
        "customer.spent": 199.65,
        "customer.since": "2025-03-01T10:00:00-05:00",
        "customer.tags": "loyal, vinyl",
    }


def test_what_privacy_laws_make_shops_pass_on() -> None:
    wish = {"shop_domain": "acme.example", "customer": {"id": 1, "email": "anna@example.com"}}
    redact = {**wish, "orders_to_redact": [299938]}
    telling = told("shopify", redact, x_shopify_topic="customers/redact")
    assert (telling.asks, telling.person.email) == (Asks.ERASURE, "anna@example.com")
    request = {**wish, "data_request": {"id": 9999}}
    telling = told("shopify", request, x_shopify_topic="customers/data_request")
    assert telling.asks is Asks.EXPORT
    assert read("shopify", {"shop_id": 1}, x_shopify_topic="shop/redact") == []


def test_a_topic_that_does_not_go_with_the_body_is_refused() -> None:
    """Shopify signs the body alone: an order sent again must not erase its customer."""
    with pytest.raises(Unreadable, match="without orders_to_redact"):
        read("shopify", ORDER, x_shopify_topic="customers/redact")
    with pytest.raises(Unreadable, match="X-Shopify-Topic is missing"):
        read("shopify", ORDER)


def test_a_consent_that_is_told_by_itself() -> None:
    state = {"state": "UNSUBSCRIBED", "consent_updated_at": "2026-03-01T10:00:00Z"}
    consent = {
        "customer_id": 706405506,
        "email_address": "bob@example.com",
        "email_marketing_consent": state,
    }
    telling = told("shopify", consent, x_shopify_topic="customers_email_marketing_consent/update")
    assert telling.person.names == (("shopify", "706405506"),)
    assert telling.facts == {"customer.email_consent": False}
    assert telling.at is not None


def test_an_order_with_strange_lines_is_taken() -> None:
    for strange in (True, 5, "x", {"a": 1}, [None, 3]):
        order = {**ORDER, "line_items": strange}
        assert told("shopify", order, x_shopify_topic="orders/paid").fields["amount"] == 67.5


def test_tags_that_newer_versions_tell_as_changes() -> None:
    tagged = {"customerId": "gid://shopify/Customer/207119551", "tags": ["vip", "loyal", None],
              "occurredAt": "2026-03-01T10:00:00Z"}  # fmt: skip
    first, *cohorts = read("shopify", tagged, x_shopify_topic="customer.tags_added")
    assert (first.word, first.cohort) == ("customer.tags_added", None)
    assert first.person.names == (("shopify", "207119551"),)
    found = [each.cohort for each in cohorts if each.cohort is not None]
    assert [(each.name, each.change, each.fact) for each in found] == [
        ("vip", CohortChange.ADDED, "customer.tags"),
        ("loyal", CohortChange.ADDED, "customer.tags"),
    ]
    assert found[0].members == (first.person,)
    assert len({each.key for each in (first, *cohorts)}) == 3
    _, gone = read("shopify", {**tagged, "tags": ["vip"]}, x_shopify_topic="customer.tags_removed")
    assert gone.cohort is not None
    assert gone.cohort.change is CohortChange.REMOVED


def test_customers_that_were_merged_are_one_once_that_is_done() -> None:
    merging: dict[str, Any] = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "admin_graphql_api_job_id": None, "status": "completed", "errors": [],
    }  # fmt: skip
    telling = told("shopify", merging, x_shopify_topic="customers/merge")
    assert telling.person.names == (("shopify", "1"), ("shopify", "2"))
    failed = {**merging, "status": "failed"}
    assert read("shopify", failed, x_shopify_topic="customers/merge") == []


def test_drafts_and_subscriptions_are_of_their_customer() -> None:
    draft = {**ORDER, "status": "open", "invoice_url": "https://shop.example/invoices/1"}
    fields = told("shopify", draft, x_shopify_topic="draft_orders/create").fields
    assert (fields["amount"], fields["url"]) == (67.5, "https://shop.example/invoices/1")
    contract = {"id": 593791907, "customer_id": 500938920, "status": "paused",
                "currency_code": "EUR", "updated_at": None}  # fmt: skip
    telling = told("shopify", contract, x_shopify_topic="subscription_contracts/pause")
    assert telling.person.names == (("shopify", "500938920"),)
    assert telling.fields == {"subscription": "593791907", "status": "paused", "currency": "EUR"}
