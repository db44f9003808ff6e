"""Klaviyo: what its metrics record, and the profiles that they are of.

Source: developers.klaviyo.com, "Working with system webhooks", "Get Event".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
    read_each,
    seconds_at,
    text_at,
    time_at,
)
from keepwarm.connectors.sources.proofs import from_hex, is_recent, is_signed, moment_of

_TOPIC: Final = "event:"
#: What a topic says of a consent. Whoever is no longer suppressed has not agreed by that.
_CONSENTS: Final = {
    "klaviyo.subscribed_to_email_marketing": ("customer.email_consent", True),
    "klaviyo.unsubscribed_from_email_marketing": ("customer.email_consent", False),
    "klaviyo.manually_suppressed_from_email_marketing": ("customer.email_consent", False),
    "klaviyo.marked_email_as_spam": ("customer.email_consent", False),
    "klaviyo.subscribed_to_sms_marketing": ("customer.sms_consent", True),
    "klaviyo.unsubscribed_from_sms_marketing": ("customer.sms_consent", False),
}


class Klaviyo:
    """Reads the system webhooks of a Klaviyo account."""

    about = AboutSource(
        title="Klaviyo",
        secrets=secrets_named(
            "KLAVIYO_WEBHOOK_SECRET", "The secret key that the webhook was made with."
        ),
        steps=(
            (
                "Make a system webhook to this address, in Klaviyo under Integrations or by its"
                " Webhooks API, with a secret key of your own."
            ),
            (
                "Choose the topics that the catalog names. A topic is written here without event:,"
                " so event:klaviyo.clicked_email is klaviyo.clicked_email."
            ),
        ),
        example="""\
attributes:
  email: {is: text, personal: yes, from: klaviyo customer.email}
  email_consent: {is: yes or no, from: klaviyo customer.email_consent}
events:
  newsletter_clicked:
    with: {subject: text, url: text}
    from: klaviyo klaviyo.clicked_email
    called: {subject: Subject, url: URL}
""",
        notes=(
            "What comes with an event are the properties of the event in Klaviyo.",
            (
                "A consent is told by the topics klaviyo.subscribed_to_email_marketing,"
                " klaviyo.unsubscribed_from_email_marketing and their like for texts (sms), and"
                " withdrawn by a suppression by hand and by a mark as spam."
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [secret.encode() for secret in secrets_given(self.about, given)]

    def is_proved(self, call: Call) -> bool:
        """Check `Klaviyo-Signature`: HMAC-SHA256 over the body and the timestamp."""
        stamp = call.headers.get("klaviyo-timestamp", "")
        signature = from_hex(call.headers.get("klaviyo-signature", ""))
        return is_recent(_moment(stamp), call.now) and is_signed(
            [signature], self._secrets, call.body + stamp.encode()
        )

    def read(self, call: Call) -> Sequence[Telling]:
        """Read the events of one webhook."""
        events = at(json_object(call.body), "data")
        if not isinstance(events, list):
            raise Unreadable("data is not a list")
        return read_each(events, _read)


def _moment(stamp: str) -> datetime | None:
    """Give the moment of a request, which is written in seconds, by ISO 8601 or as in mail."""
    found = moment_of(stamp) or time_at({"at": stamp}, "at")
    if found is not None:
        return found
    try:
        mailed = parsedate_to_datetime(stamp)
    except ValueError:
        return None
    return mailed if mailed.tzinfo else mailed.replace(tzinfo=UTC)


def _read(event: Any) -> Iterator[Telling]:  # noqa: ANN401 - JSON is anything
    payload = at(event, "payload")
    profile = _profile(payload)
    name = text_at(payload, "data.relationships.profile.data.id") or text_at(profile, "id")
    person = Person(
        customer=text_at(profile, "attributes.external_id"),
        names=(("klaviyo", name),) if name else (),
        email=text_at(profile, "attributes.email"),
        phone=text_at(profile, "attributes.phone_number"),
    )
    if not person.is_somebody:
        return
    word = needed(event, "topic").removeprefix(_TOPIC)
    consent = dict([_CONSENTS[word]]) if word in _CONSENTS else {}
    fields = at(payload, "data.attributes.event_properties")
    when = time_at(payload, "data.attributes.datetime") or seconds_at(
        payload, "data.attributes.timestamp"
    )
    yield Telling(
        word,
        text_at(event, "external_id") or needed(payload, "data.id"),
        person,
        when,
        fields if isinstance(fields, dict) else {},
        _facts(profile) | consent,
        event,
    )


def _profile(payload: object) -> Mapping[str, Any]:
    included = at(payload, "included")
    found = included if isinstance(included, list) else []
    profiles = (each for each in found if text_at(each, "type") == "profile")
    return next(profiles, {})


def _facts(profile: Mapping[str, Any]) -> dict[str, Any]:
    told = filled(
        email=text_at(profile, "attributes.email"),
        phone=text_at(profile, "attributes.phone_number"),
        first_name=text_at(profile, "attributes.first_name"),
        last_name=text_at(profile, "attributes.last_name"),
    )
    return {f"customer.{name}": value for name, value in told.items()}
