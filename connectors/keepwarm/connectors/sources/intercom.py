"""Intercom: conversations, their ratings, and contacts.

Source: developers.intercom.com, "Webhook notifications", "Webhook topics", "Conversation model".
Intercom signs the body alone; a notification that comes again is known by its own id.
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
    secrets_given,
    secrets_named,
)
from keepwarm.connectors.sources.payloads import (
    at,
    filled,
    json_object,
    needed,
    number_at,
    seconds_at,
    text_at,
)
from keepwarm.connectors.sources.proofs import from_hex, is_signed

#: What Intercom calls people, in versions old and new.
_CONTACTS: Final = frozenset({"contact", "user", "lead", "visitor"})


class Intercom:
    """Reads the notifications of an Intercom app."""

    about = AboutSource(
        title="Intercom",
        secrets=secrets_named("INTERCOM_CLIENT_SECRET", "The client secret of the app."),
        steps=(
            "In the Developer Hub, under Webhooks of your app, set this address as the endpoint.",
            "Choose the topics that the catalog names; others are let pass unread.",
            "Set the client secret, which is under Basic information.",
        ),
        example="""\
attributes:
  email_consent: {is: yes or no, from: intercom customer.email_consent}
events:
  conversation_rated:
    with: {conversation: text, rating: number, remark: text}
    from: intercom conversation.rating.added
  conversation_closed: {from: intercom conversation.admin.closed}
""",
        notes=(
            "Intercom's own external id of a contact is taken for your identifier of the customer.",
            "A contact who unsubscribed from e-mail withdraws the consent; nothing else gives one.",
            "Intercom signs no time. A call that comes again changes nothing.",
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [secret.encode() for secret in secrets_given(self.about, given)]

    def is_proved(self, call: Call) -> bool:
        """Check `X-Hub-Signature`: HMAC-SHA1 over the body."""
        shown = call.headers.get("x-hub-signature", "")
        signature = from_hex(shown.removeprefix("sha1=")) if shown.startswith("sha1=") else b""
        return is_signed([signature], self._secrets, call.body, hashlib.sha1)

    def read(self, call: Call) -> Sequence[Telling]:
        """Read one notification."""
        told = json_object(call.body)
        word, thing = needed(told, "topic"), at(told, "data.item")
        if not isinstance(thing, dict):
            return ()
        is_conversation = word.startswith("conversation.")
        contact = _contact_in(thing)
        person = _of_conversation(thing) if contact is None else _of_contact(contact)
        if not person.is_somebody:
            return ()
        fields = _fields(thing) if is_conversation else {}
        if word.startswith("ticket."):
            fields = _ticket(thing)
        facts = {} if contact is None else _facts(word, contact)
        when = seconds_at(told, "created_at")
        return [Telling(word, needed(told, "id"), person, when, fields, facts, told)]


def _contact_in(thing: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the contact that a notification is about: its own item, or one that got a tag.

    Companies, tickets and conversations are items too; their number is nobody's.
    """
    kind = text_at(thing, "type") or ""
    if kind in _CONTACTS:
        return thing
    within = at(thing, kind.removesuffix("_tag")) if kind.endswith("_tag") else None
    return within if isinstance(within, dict) else None


def _of_conversation(conversation: Mapping[str, Any]) -> Person:
    contact = at(conversation, "contacts.contacts.0") or at(conversation, "user")
    name = text_at(contact, "id")
    is_from_contact = text_at(conversation, "source.author.type") in ("user", "lead", "contact")
    return Person(
        customer=text_at(contact, "external_id") or text_at(contact, "user_id"),
        names=(("intercom", name),) if name else (),
        email=text_at(contact, "email")
        or (text_at(conversation, "source.author.email") if is_from_contact else None),
    )


def _of_contact(contact: Mapping[str, Any]) -> Person:
    name = text_at(contact, "id")
    return Person(
        customer=text_at(contact, "external_id") or text_at(contact, "user_id"),
        names=(("intercom", name),) if name else (),
        email=text_at(contact, "email"),
        phone=text_at(contact, "phone"),
    )


def _fields(conversation: Mapping[str, Any]) -> dict[str, Any]:
    return filled(
        conversation=text_at(conversation, "id"),
        state=text_at(conversation, "state"),
        subject=text_at(conversation, "title"),
        rating=number_at(conversation, "conversation_rating.rating"),
        remark=text_at(conversation, "conversation_rating.remark"),
    )


def _ticket(ticket: Mapping[str, Any]) -> dict[str, Any]:
    return filled(
        ticket=text_at(ticket, "id"),
        # Newer versions tell a state with its labels.
        state=text_at(ticket, "ticket_state") or text_at(ticket, "ticket_state.category"),
        subject=text_at(ticket, "ticket_attributes._default_title_"),
    )


def _facts(word: str, contact: Mapping[str, Any]) -> dict[str, Any]:
    has_left = at(contact, "unsubscribed_from_emails") is True or word == "contact.unsubscribed"
    told = filled(
        email=text_at(contact, "email"),
        name=text_at(contact, "name"),
        phone=text_at(contact, "phone"),
        email_consent=False if has_left else None,
    )
    return {f"customer.{name}": value for name, value in told.items()}
