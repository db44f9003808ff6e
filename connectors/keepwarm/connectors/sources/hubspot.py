"""HubSpot: contacts and what is known of them; deals and renewals by workflows.

Source: developers.hubspot.com, "Webhooks API"; and for workflows, whose
payload their author writes, the one that the page about HubSpot gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.sources.contract import (
    AboutSource,
    Asks,
    Call,
    Person,
    Telling,
    Unreadable,
    secrets_given,
    secrets_named,
)
from keepwarm.connectors.sources.hubspot_objects import contact_telling, deal_tellings
from keepwarm.connectors.sources.hubspot_signatures import is_signed_by_hubspot
from keepwarm.connectors.sources.payloads import (
    at,
    json_of,
    needed,
    number_at,
    read_each,
    text_at,
)

_MILLISECONDS: Final = 1_000
#: What newer subscriptions call the type of contacts.
_CONTACTS: Final = "0-1"


class HubSpot:
    """Reads the webhooks of a HubSpot app, and those of workflows."""

    about = AboutSource(
        title="HubSpot",
        secrets=secrets_named("HUBSPOT_CLIENT_SECRET", "The client secret of the app."),
        steps=(
            (
                "In your app, under Webhooks, set this address and subscribe to contact.creation,"
                " to contact.propertyChange of the properties that the catalog names (and of email,"
                " by which customers are found), and to contact.privacyDeletion."
            ),
            (
                "For deals and renewals let a workflow send a webhook here, signed by the same app:"
                ' {"type": "deal.renewal", "id": …, "email": …, "data": {…}}.'
            ),
            "Set the client secret.",
        ),
        example="""\
attributes:
  lifecycle_stage: {is: text, from: hubspot lifecyclestage}
  employees: {is: number, from: hubspot numberofemployees}
events:
  renewal_won:
    with: {amount: number}
    from: hubspot deal.renewal
""",
        notes=(
            "Each property of a contact may be an attribute, by its internal name.",
            "A contact who is deleted for privacy is erased here too.",
            (
                "A workflow's webhook has nothing of HubSpot's that tells one event from another,"
                " and HubSpot repeats a call for up to three days: two equal bodies count once."
                " Let each say an id of its own (the deal's Record ID with the date that it"
                " closed), or occurredAt, in milliseconds since 1970, which is its moment too."
            ),
            (
                "A custom workflow action may post here as well: its input field type is the word,"
                " email or customer say who it is where no contact went through the workflow, and"
                " its other input fields are the data. Each time it is run counts."
            ),
            (
                "The address is part of the signature: KEEPWARM_PUBLIC_URL must be the one that"
                " HubSpot calls."
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [secret.encode() for secret in secrets_given(self.about, given)]

    def is_proved(self, call: Call) -> bool:
        """Check the signature, in the version in which the call is signed."""
        return is_signed_by_hubspot(call, self._secrets)

    def read(self, call: Call) -> Sequence[Telling]:
        """Read a batch of changes, or what a workflow sends."""
        told = json_of(call.body)
        match told:
            case list():
                return read_each(told, _change)
            case {"results": list(records)}:  # an answer of the API, to be tried
                return [telling for each in records for telling in _pulled(each)]
            case {"callbackId": _, "inputFields": dict()}:
                return [_workflow(_of_an_action(told), call)]
            case dict():
                return [_workflow(told, call)]
            case _:
                raise Unreadable("the body is neither a list of changes nor an object")


def _pulled(record: object) -> Iterator[Telling]:
    if at(record, "properties.dealname") is None:
        found = contact_telling(record)
        yield from [found] if found else []
        return
    contacts = at(record, "associations.contacts.results")
    ids = [text_at(each, "id") for each in contacts] if isinstance(contacts, list) else []
    yield from deal_tellings(record, [each for each in ids if each])


def _change(change: object) -> Iterator[Telling]:
    word = needed(change, "subscriptionType")
    if text_at(change, "objectTypeId") == _CONTACTS and word.startswith("object."):
        word = f"contact.{word.removeprefix('object.')}"
    if not word.startswith("contact."):
        return  # a deal's change does not say whose deal it is
    names = _names(change)
    if not names:
        return  # of an association that leads to a contact, the other end changed
    name, value = text_at(change, "propertyName"), text_at(change, "propertyValue")
    person = Person(names=names, email=value if name == "email" else None)
    when = number_at(change, "occurredAt")
    # HubSpot does not promise that the number of an event is its own.
    parts = ("eventId", "subscriptionType", "objectId", "propertyName", "occurredAt")
    yield Telling(
        word,
        " ".join([needed(change, "eventId"), *(text_at(change, each) or "" for each in parts[1:])]),
        person,
        _moment(when),
        {"property": name, "value": value} if name else {},
        {name: value} if name else {},
        change if isinstance(change, dict) else {},
        asks=Asks.ERASURE if word == "contact.privacyDeletion" else None,
    )


def _names(change: object) -> tuple[tuple[str, str], ...]:
    """Give the contact that changed; of a merge all that are one now, the one kept first."""
    merged = at(change, "mergedObjectIds")
    kept = text_at(change, "newObjectId") or text_at(change, "primaryObjectId")
    others = merged if isinstance(merged, list) else []
    ids = [
        kept or text_at(change, "objectId") or _associated(change),
        text_at(change, "primaryObjectId"),
        *map(str, others),
    ]
    return tuple(("hubspot", each) for each in dict.fromkeys(ids) if each)


def _associated(change: object) -> str | None:
    """Give the contact of an association: `CONTACT_TO_COMPANY` leads from it."""
    is_from = (text_at(change, "associationType") or "").startswith("CONTACT_TO_")
    return text_at(change, "fromObjectId") if is_from else None


def _moment(milliseconds: float | None) -> datetime | None:
    try:
        seconds = None if milliseconds is None else milliseconds / _MILLISECONDS
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _of_an_action(told: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a custom action of a workflow sends as its webhooks write it.

    Its `callbackId` is new each time that the action is run, and the same when it is called again.
    Source: developers.hubspot.com, "Custom workflow action reference".
    """
    fields = dict(told["inputFields"])
    named = {name: fields.pop(name, None) for name in ("type", "customer", "email")}
    is_contact = at(told, "object.objectType") == "CONTACT"
    contact = text_at(told, "object.objectId") if is_contact else None
    return {**told, **named, "id": told["callbackId"], "contact": contact, "data": fields}


def _workflow(told: Mapping[str, Any], call: Call) -> Telling:
    contact = text_at(told, "contact")
    person = Person(
        customer=text_at(told, "customer"),
        names=(("hubspot", contact),) if contact else (),
        email=text_at(told, "email"),
    )
    if not person.is_somebody:
        raise Unreadable("it names nobody: neither customer nor contact nor email")
    found = at(told, "data")
    data: dict[str, Any] = found if isinstance(found, dict) else {}
    word = needed(told, "type")
    key = f"{word} {text_at(told, 'id') or hashlib.sha256(call.body).hexdigest()}"
    return Telling(word, key, person, _moment(number_at(told, "occurredAt")), data, data, told)
