"""Intercom's notifications."""

from __future__ import annotations

from tests.sources.given import RATED, read, told


def test_a_conversation_that_was_rated() -> None:
    telling = told("intercom", RATED)
    assert (telling.word, telling.key) == ("conversation.rating.added", "notif_1")
    assert telling.person.customer == "anna"
    assert telling.person.names == (("intercom", "530370b477ad7120001d"),)
    assert telling.person.email == "anna@example.com"
    assert telling.fields == {
        "conversation": "1911149811",
        "state": "closed",
        "rating": 2,
        "remark": "Slow",
    }


def test_a_contact_who_unsubscribed_withdraws_and_nobody_else_agrees() -> None:
    contact = {"type": "contact", "id": "5f", "email": "anna@example.com", "name": "Anna"}
    item = {**contact, "unsubscribed_from_emails": True}
    gone = {**RATED, "topic": "contact.unsubscribed", "data": {"item": item}}
    assert told("intercom", gone).facts == {
        "customer.email": "anna@example.com",
        "customer.name": "Anna",
        "customer.email_consent": False,
    }
    item = {**contact, "unsubscribed_from_emails": False}
    stays = {**RATED, "topic": "contact.user.updated", "data": {"item": item}}
    assert "customer.email_consent" not in told("intercom", stays).facts


def test_a_ping_tells_nothing() -> None:
    ping = {"type": "notification_event", "topic": "ping", "data": {"item": {"message": "hi"}}}
    assert read("intercom", ping) == []
