"""Salesforce: contacts, opportunities and whatever else changes there.

Source: developer.salesforce.com, "Change Data Capture", the form of a change event. Salesforce
signs nothing that it sends, so whoever passes change events on shows a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
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
from keepwarm.connectors.sources.payloads import at, json_of, needed, number_at, read_each, text_at
from keepwarm.connectors.sources.proofs import is_shown, password_in
from keepwarm.connectors.sources.salesforce_records import record_telling

_HEADER: Final = "ChangeEventHeader"
#: Where a record may name the person that it is about.
_CONTACT: Final = ("ContactId", "Contact__c", "PersonContactId")
_EMAIL: Final = ("Email", "PersonEmail", "ContactEmail", "Email__c")
_MILLISECONDS: Final = 1_000


class Salesforce:
    """Reads change events of a Salesforce organisation."""

    about = AboutSource(
        title="Salesforce",
        secrets=secrets_named(
            "SALESFORCE_SECRET",
            "What is shown as a Bearer token, or as a password of Basic auth.",
        ),
        steps=(
            (
                "Switch on Change Data Capture for the objects that the catalog names, such as"
                " Contact and Opportunity."
            ),
            (
                "Pass its events on to this address, by an event relay or by a flow with an HTTP"
                " call-out, as they are or as EventBridge wraps them, one or a list of them."
            ),
            "Let it send the header Authorization: Bearer and a long random secret, and set that.",
        ),
        example="""\
attributes:
  renewal_date: {is: date, from: salesforce Contact.Renewal_Date__c}
  email: {is: text, personal: yes, from: salesforce Contact.Email}
events:
  opportunity_changed:
    with: {stage: text, amount: number}
    from: salesforce Opportunity.update
    called: {stage: StageName, amount: Amount}
  case_opened: {from: salesforce Case.create}
""",
        notes=(
            (
                "A contact is found by its Salesforce id or an e-mail address, another object by"
                " its ContactId."
            ),
            (
                "Classic outbound messages (SOAP) are not read: they are signed by nobody, can show"
                " a secret only in the address, where logs keep it, and do not say when what"
                " happened."
                " A flow with an HTTP call-out does the same with a header."
            ),
            (
                "An address is told with a change only when it is what changed: let customers be"
                " told once, by a change of their Email."
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = secrets_given(self.about, given)

    def is_proved(self, call: Call) -> bool:
        """Check the secret that is shown."""
        return is_shown(password_in(call.headers.get("authorization", "")), self._secrets)

    def read(self, call: Call) -> Sequence[Telling]:
        """Read one change event, or a list of them."""
        told = json_of(call.body)
        records = at(told, "records")
        if isinstance(records, list):  # an answer of the API, to be tried
            return [telling for each in records if (telling := record_telling(each)) is not None]
        return read_each(told if isinstance(told, list) else [told], _change)


def _change(change: object) -> Iterator[Telling]:
    # Beside the event itself: as event relays wrap it for EventBridge, and as CometD does.
    places = ("payload", "detail.payload", "data.payload")
    record = next((found for place in places if (found := at(change, place))), None)
    if not isinstance(record, dict) or not isinstance(at(record, _HEADER), dict):
        raise Unreadable(f"payload.{_HEADER} is missing")
    thing = needed(record, f"{_HEADER}.entityName")
    word = f"{thing}.{needed(record, f'{_HEADER}.changeType').lower()}"
    # A transaction may change a record several times, and several records alike.
    within = text_at(record, f"{_HEADER}.sequenceNumber") or ""
    transaction = f"{needed(record, f'{_HEADER}.transactionKey')} {within}".strip()
    fields = {name: value for name, value in record.items() if name != _HEADER}
    facts = {f"{thing}.{name}": value for name, value in _flat(fields).items()}
    needed(record, f"{_HEADER}.recordIds.0")
    for changed in at(record, f"{_HEADER}.recordIds"):
        person = _person(thing, str(changed), record)
        if person.is_somebody:
            key = f"{transaction} {changed}"
            yield Telling(word, key, person, _moment(record), fields, facts, record)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give fields with the parts of a compound one beside the others: `Name` holds `FirstName`."""
    parts = [each for each in fields.values() if isinstance(each, dict)]
    return {name: value for some in (*parts, fields) for name, value in some.items()}


def _person(thing: str, changed: str, record: Mapping[str, Any]) -> Person:
    name = changed if thing == "Contact" else None
    name = name or next((found for place in _CONTACT if (found := text_at(record, place))), None)
    return Person(
        names=(("salesforce", name),) if name else (),
        email=next((found for place in _EMAIL if (found := text_at(record, place))), None),
        phone=text_at(record, "MobilePhone") if thing == "Contact" else None,
    )


def _moment(record: Mapping[str, Any]) -> datetime | None:
    milliseconds = number_at(record, f"{_HEADER}.commitTimestamp")
    try:
        seconds = None if milliseconds is None else milliseconds / _MILLISECONDS
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
