"""Stripe's events, in the words of its documentation."""

from __future__ import annotations

import pytest

from keepwarm.connectors.sources.contract import Unreadable
from tests.sources.given import INVOICE, event_of_stripe, read, told

SUBSCRIPTION = {
    "id": "sub_1",
    "object": "subscription",
    "customer": "cus_1",
    "status": "past_due",
    "currency": "usd",
    "trial_end": 1772528400,
    "cancel_at": None,
    "metadata": {"customer_id": "anna"},
    "cancellation_details": {"reason": "cancellation_requested", "feedback": "too_expensive"},
    "items": {
        "object": "list",
        "data": [
            {
                "quantity": 3,
                "current_period_end": 1774861200,
                "price": {
                    "id": "price_1",
                    "lookup_key": "family",
                    "currency": "usd",
                    "unit_amount": 12000,
                    "recurring": {"interval": "year", "interval_count": 1},
                },
            }
        ],
    },
}


def test_an_invoice_whose_payment_failed() -> None:
    telling = told("stripe", event_of_stripe("invoice.payment_failed", INVOICE))
    assert telling.word == "invoice.payment_failed"
    assert telling.key == "evt_1"
    assert telling.person.names == (("stripe", "cus_1"),)
    assert telling.person.email == "anna@example.com"
    assert telling.at is not None
    assert telling.at.isoformat() == "2026-03-02T09:00:00+00:00"
    assert telling.fields == {
        "invoice": "in_1",
        "number": "ACME-0001",
        "amount": 12.5,
        "currency": "EUR",
        "subscription": "sub_1",
        "attempt": 1,
        "next_attempt_at": "2026-03-05T09:00:00+00:00",
        "reason": "subscription_cycle",
    }


def test_what_was_paid_is_told_of_an_invoice_that_was_paid() -> None:
    paid = {**INVOICE, "amount_paid": 1200, "subscription": "sub_2"}
    telling = told("stripe", event_of_stripe("invoice.payment_succeeded", paid))
    assert (telling.fields["amount"], telling.fields["subscription"]) == (12, "sub_2")


@pytest.mark.parametrize(
    ("currency", "amount"), [("jpy", 1250), ("kwd", 1.25), ("usd", 12.5), ("ugx", 12.5)]
)
def test_amounts_are_in_units_whatever_the_smallest_coin(currency: str, amount: float) -> None:
    telling = told(
        "stripe", event_of_stripe("invoice.payment_failed", {**INVOICE, "currency": currency})
    )
    assert telling.fields["amount"] == amount


def test_a_subscription_tells_where_it_stands() -> None:
    telling = told("stripe", event_of_stripe("customer.subscription.updated", SUBSCRIPTION))
    assert telling.facts == {
        "subscription.status": "past_due",
        "subscription.plan": "family",
        "subscription.monthly_amount": 30,
        "subscription.renews_at": "2026-03-30T09:00:00+00:00",
        "subscription.trial_ends_at": "2026-03-03T09:00:00+00:00",
        "subscription.cancels_at": None,
    }
    assert telling.fields["feedback"] == "too_expensive"
    assert told(
        "stripe", event_of_stripe("customer.subscription.trial_will_end", SUBSCRIPTION)
    ).fields["trial_ends_at"].startswith("2026-03-03")  # fmt: skip


def test_your_own_identifier_stands_where_you_said() -> None:
    own = {"STRIPE_CUSTOMER_KEY": "customer_id"}
    for word, thing in (
        ("customer.subscription.deleted", SUBSCRIPTION),
        ("invoice.payment_failed", INVOICE),
        ("customer.updated", {"id": "cus_1", "metadata": {"customer_id": "anna"}}),
    ):
        assert told("stripe", event_of_stripe(word, thing), own).person.customer == "anna"
        assert told("stripe", event_of_stripe(word, thing)).person.customer is None


def test_a_customer_tells_who_it_is() -> None:
    customer = {
        "id": "cus_1",
        "email": "anna@example.com",
        "name": "Anna Jansen",
        "phone": "+31612345678",
        "preferred_locales": ["nl"],
    }
    telling = told("stripe", event_of_stripe("customer.created", customer))
    assert telling.person.names == (("stripe", "cus_1"),)
    assert telling.facts == {
        "customer.email": "anna@example.com",
        "customer.name": "Anna Jansen",
        "customer.phone": "+31612345678",
        "customer.language": "nl",
    }


def test_what_is_about_no_customer_is_let_pass() -> None:
    assert read("stripe", event_of_stripe("payout.paid", {"id": "po_1"})) == []
    assert read("stripe", event_of_stripe("invoice.paid", {"id": "in_1"})) == []


def test_a_subscription_of_an_old_version_of_the_api() -> None:
    """Before 2020 an item has a plan; a cancellation at the end of the period has no moment."""
    item = {"quantity": 1, "plan": {"id": "gold", "amount": 1500, "currency": "usd",
            "interval": "month", "interval_count": 3, "nickname": None}}  # fmt: skip
    old = {**SUBSCRIPTION, "items": {"data": [item]}, "current_period_end": 1774861200,
           "cancel_at_period_end": True}  # fmt: skip
    facts = told("stripe", event_of_stripe("customer.subscription.updated", old)).facts
    assert facts["subscription.plan"] == "gold"
    assert facts["subscription.monthly_amount"] == 5
    assert facts["subscription.cancels_at"] == "2026-03-30T09:00:00+00:00"


def test_prices_below_a_cent_are_told() -> None:
    price = {"id": "p", "currency": "usd", "unit_amount": None, "unit_amount_decimal": "0.5",
             "recurring": {"interval": "month"}}  # fmt: skip
    metered = {**SUBSCRIPTION, "items": {"data": [{"quantity": 1000, "price": price}]}}
    facts = told("stripe", event_of_stripe("customer.subscription.updated", metered)).facts
    assert facts["subscription.monthly_amount"] == 5


def test_a_thin_event_is_refused_and_so_not_lost() -> None:
    thin = {"id": "evt_2", "object": "v2.core.event", "type": "v1.invoice.payment_failed",
            "related_object": {"id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1"},
            "created": "2026-03-02T09:00:00.000Z"}  # fmt: skip
    with pytest.raises(Unreadable, match="payload style Snapshot"):
        read("stripe", thin)
    assert read("stripe", {**thin, "type": "v1.billing.meter.no_meter_found"}) == []
