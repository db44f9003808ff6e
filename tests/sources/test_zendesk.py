"""Zendesk's webhooks, of events and of triggers."""

from __future__ import annotations

from typing import Any

import pytest

from keepwarm.connectors.sources.contract import Unreadable
from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.sources import SOURCES, read_event_told
from tests.sources.given import TICKET, TRIGGER, read, told


def test_a_ticket_whose_status_changed() -> None:
    telling = told("zendesk", TICKET)
    assert (telling.word, telling.key) == ("ticket.status_changed", "01HN-1")
    assert telling.person.names == (("zendesk", "20978392"),)
    assert telling.fields == {
        "ticket": "35436",
        "status": "solved",
        "previous_status": "open",
        "priority": "high",
        "subject": "The record skips",
        "channel": "web",
    }
    assert telling.at is not None


def test_a_user_tells_who_a_requester_is() -> None:
    detail = {"id": "20978392", "email": "anna@example.com", "external_id": "anna"}
    user = {**TICKET, "type": "zen:event-type:user.created", "detail": detail}
    telling = told("zendesk", user)
    assert (telling.person.customer, telling.person.email) == ("anna", "anna@example.com")
    assert telling.person.names == (("zendesk", "20978392"),)
    assert telling.facts == {"customer.email": "anna@example.com"}


def test_a_trigger_tells_the_rating_too() -> None:
    telling = told("zendesk", TRIGGER)
    assert (telling.word, telling.person.email) == ("ticket.rated", "anna@example.com")
    assert telling.fields["rating"] == "bad"
    assert telling.fields["comment"] == "Still skips"


@pytest.mark.parametrize("spoilt", [{"type": "ticket.rated"}, {"type": "x", "ticket": {}}])
def test_what_a_trigger_lacks_is_said(spoilt: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="ticket"):
        read("zendesk", spoilt)


def test_what_was_there_before_of_something_else_is_no_status() -> None:
    change = {"type": "zen:event-type:ticket.priority_changed",
              "event": {"current": "URGENT", "previous": "NORMAL"}}  # fmt: skip
    fields = told("zendesk", {**TICKET, **change}).fields
    assert (fields["status"], fields["priority"]) == ("solved", "high")
    assert "previous_status" not in fields


def test_a_trigger_may_tell_by_a_word_of_its_authors() -> None:
    own = {**TRIGGER, "type": "trigger.reopened"}
    telling = told("zendesk", own)
    assert telling.word == "trigger.reopened"
    offered = SOURCES["zendesk"].comes_with(telling.word)
    assert offered is not None
    assert set(telling.fields) <= set(offered)
    assert isinstance(read_event_told("zendesk trigger.reopened"), Read)
    for wrong in ("zendesk trigger.", "zendesk ticket.reopened", "stripe trigger.reopened"):
        assert isinstance(read_event_told(wrong), Refusal)
