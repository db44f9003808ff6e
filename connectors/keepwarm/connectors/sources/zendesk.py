"""Zendesk: tickets, their ratings, and the people who ask.

Source: developer.zendesk.com, "Verifying webhook authenticity", "Ticket events", "User events"; and
for triggers, whose payload their author writes, the one that the page about Zendesk gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.sources.contract import (
    AboutSource,
    Call,
    Person,
    Telling,
    Unreadable,
    secrets_given,
    secrets_named,
)
from keepwarm.connectors.sources.payloads import (
    at,
    filled,
    json_object,
    needed,
    text_at,
    time_at,
)
from keepwarm.connectors.sources.proofs import from_base64, is_recent, is_signed

#: What types of events begin with; Zendesk's own page has both.
_EVENT: Final = ("zen:event-type:", "zen:event-type/")
_BEFORE_THE_WORD: Final = len(_EVENT[0])
_STATUS_CHANGED: Final = "ticket.status_changed"
_STAMP: Final = "x-zendesk-webhook-signature-timestamp"


class Zendesk:
    """Reads the webhooks of a Zendesk account: of events, and of triggers."""

    about = AboutSource(
        title="Zendesk",
        secrets=secrets_named("ZENDESK_WEBHOOK_SECRET", "The signing secret of the webhook."),
        steps=(
            (
                "In the Admin Center, under Apps and integrations, Webhooks, make a webhook to this"
                " address, with POST and JSON."
            ),
            (
                "Subscribe it to events, or connect it to triggers: these may tell the e-mail"
                " address and the rating as well."
            ),
            (
                'The body of a trigger is {"type": "ticket.solved", "at":'
                ' "{{ticket.updated_at_with_timestamp}}", "ticket": {"id": "{{ticket.id}}",'
                ' "status": "{{ticket.status}}", "priority": "{{ticket.priority}}", "email":'
                ' "{{ticket.requester.email}}", "external_id": "{{ticket.requester.external_id}}",'
                ' "rating": "{{satisfaction.current_rating}}", "comment":'
                ' "{{satisfaction.current_comment}}"}}. Its type is an event of those below, or a'
                " word of your own such as trigger.reopened."
            ),
            "Reveal the signing secret, and set it.",
        ),
        example="""\
events:
  ticket_solved:
    with: {ticket: text, priority: text}
    from: zendesk ticket.solved
  support_rated:
    with: {ticket: text, rating: text, remark: text}
    from: zendesk ticket.rated
    called: {remark: comment}
""",
        notes=(
            (
                "An event names its requester by a number; who that is becomes known by a user's"
                " event or by a trigger."
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [secret.encode() for secret in secrets_given(self.about, given)]

    def is_proved(self, call: Call) -> bool:
        """Check `X-Zendesk-Webhook-Signature`: HMAC-SHA256 over the timestamp and the body."""
        stamp = call.headers.get(_STAMP, "")
        signature = from_base64(call.headers.get("x-zendesk-webhook-signature", ""))
        return is_recent(time_at({"at": stamp}, "at"), call.now) and is_signed(
            [signature], self._secrets, stamp.encode() + call.body
        )

    def read(self, call: Call) -> Sequence[Telling]:
        """Read the webhook of an event, or that of a trigger."""
        told = json_object(call.body)
        word = needed(told, "type")
        if word.startswith(_EVENT):
            return _event(word[_BEFORE_THE_WORD:], told)
        ticket = at(told, "ticket")
        if not isinstance(ticket, dict):
            raise Unreadable("ticket is missing")
        return _trigger(word, told, ticket, hashlib.sha256(call.body).hexdigest())


def _event(word: str, told: Mapping[str, Any]) -> Sequence[Telling]:
    is_user = word.startswith("user.")
    name = text_at(told, "detail.id" if is_user else "detail.requester_id")
    person = Person(
        customer=(text_at(told, "detail.external_id") if is_user else None),
        names=(("zendesk", name),) if name else (),
        email=text_at(told, "detail.email") if is_user else None,
    )
    if not person.is_somebody:
        return ()
    fields, facts = ({}, _facts(told)) if is_user else (_fields(word, told), {})
    return [Telling(word, needed(told, "id"), person, time_at(told, "time"), fields, facts, told)]


def _facts(told: Mapping[str, Any]) -> dict[str, Any]:
    return filled(**{"customer.email": text_at(told, "detail.email")})


def _fields(word: str, told: Mapping[str, Any]) -> dict[str, Any]:
    # Of other changes it is what was there before of something else.
    previous = text_at(told, "event.previous") if word == _STATUS_CHANGED else None
    return filled(
        ticket=text_at(told, "detail.id"),
        status=_lower(text_at(told, "detail.status")),
        previous_status=_lower(previous),
        priority=_lower(text_at(told, "detail.priority")),
        subject=text_at(told, "detail.subject"),
        channel=text_at(told, "detail.via.channel"),
    )


def _trigger(
    word: str, told: Mapping[str, Any], ticket: Mapping[str, Any], key: str
) -> Sequence[Telling]:
    person = Person(text_at(ticket, "external_id"), email=text_at(ticket, "email"))
    if not person.is_somebody:
        raise Unreadable("ticket names nobody: neither external_id nor email")
    fields = filled(
        ticket=text_at(ticket, "id"),
        status=_lower(text_at(ticket, "status")),
        priority=_lower(text_at(ticket, "priority")),
        subject=text_at(ticket, "subject"),
        rating=_lower(text_at(ticket, "rating")),
        comment=text_at(ticket, "comment"),
    )
    return [Telling(word, key, person, time_at(told, "at"), fields, {}, told)]


def _lower(text: str | None) -> str | None:
    return text.lower() if text else None
