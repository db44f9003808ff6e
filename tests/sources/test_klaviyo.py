"""Klaviyo's system webhooks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sources.given import CLICKED, EXAMPLES, NOW, SECRET, told


def test_a_click_with_its_profile() -> None:
    telling = told("klaviyo", CLICKED)
    assert (telling.word, telling.key) == ("klaviyo.clicked_email", "ev_1")
    assert telling.person.names == (("klaviyo", "01GDD"),)
    assert (telling.person.customer, telling.person.email) == ("anna", "anna@example.com")
    assert telling.fields["Subject"] == "New records"
    assert telling.facts == {
        "customer.email": "anna@example.com",
        "customer.phone": "+31612345678",
        "customer.first_name": "Anna",
    }
    assert telling.at is not None
    assert telling.at.isoformat() == "2026-03-02T08:00:00+00:00"


@pytest.mark.parametrize(
    ("topic", "consent"),
    [
        ("subscribed_to_email_marketing", {"customer.email_consent": True}),
        ("unsubscribed_from_email_marketing", {"customer.email_consent": False}),
        ("manually_suppressed_from_email_marketing", {"customer.email_consent": False}),
        ("manually_unsuppressed_from_email_marketing", {}),
        ("unsubscribed_from_sms_marketing", {"customer.sms_consent": False}),
    ],
)
def test_a_consent_is_told_by_topics(topic: str, consent: dict[str, bool]) -> None:
    [event] = CLICKED["data"]
    telling = told("klaviyo", {"data": [{**event, "topic": f"event:klaviyo.{topic}"}]})
    assert telling.word == f"klaviyo.{topic}"
    assert {name: telling.facts[name] for name in telling.facts if "consent" in name} == consent


@pytest.mark.parametrize(
    "stamp",
    ["1772442000", "2026-03-02T09:00:00+00:00", "Mon, 02 Mar 2026 09:00:00 GMT"],
)
def test_the_moment_of_a_request_may_be_written_in_several_ways(stamp: str) -> None:
    import hashlib
    import hmac
    from dataclasses import replace

    [example] = [each for each in EXAMPLES if each.source == "klaviyo"]
    signature = hmac.new(SECRET.encode(), example.body + stamp.encode(), hashlib.sha256)
    headers = {"klaviyo-signature": signature.hexdigest(), "klaviyo-timestamp": stamp}
    call = replace(example.call(), headers=headers)
    assert example.made().is_proved(call)
    assert not example.made().is_proved(replace(call, now=NOW + timedelta(minutes=6)))
