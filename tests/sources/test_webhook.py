"""Webhooks of anybody who signs them as Standard Webhooks says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keepwarm.connectors.sources.contract import Unreadable
from tests.sources.given import EXAMPLES, told

TOLD: dict[str, Any] = {
    "type": "charge.refused",
    "timestamp": "2026-03-02T08:59:00Z",
    "data": {"customer_id": 17, "email": "anna@example.com", "invoice": "INV-1"},
}


def test_a_signed_webhook_of_anybody() -> None:
    telling = told("webhook", TOLD, webhook_id="msg_1")
    assert (telling.word, telling.key) == ("charge.refused", "msg_1")
    assert (telling.person.customer, telling.person.email) == ("17", "anna@example.com")
    assert telling.fields["invoice"] == "INV-1"
    assert telling.at is not None
    assert telling.at.isoformat() == "2026-03-02T08:59:00+00:00"


def test_svix_calls_the_same_headers_by_its_own_name() -> None:
    [example] = (each for each in EXAMPLES if each.source == "webhook")
    call = example.call()
    named = {name.replace("webhook-", "svix-"): value for name, value in call.headers.items()}
    theirs = replace(call, headers=named)
    assert example.made().is_proved(theirs)
    assert not example.made().is_proved(replace(theirs, body=call.body + b" "))
    assert [each.key for each in example.made().read(theirs)] == ["msg_1"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"data": []}, "data is not an object"),
        ({"data": {}}, "names nobody"),
        ({"type": ""}, "type"),
    ],
)
def test_what_is_missing_is_said(change: dict[str, Any], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        told("webhook", {**TOLD, **change}, webhook_id="msg_1")
