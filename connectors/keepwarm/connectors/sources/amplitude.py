"""Amplitude: who enters and leaves a cohort, and events.

Source: amplitude.com/docs, "Cohort Webhooks", "Webhooks Streaming", each with its default payload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.sources.contract import (
    COHORTS,
    AboutSource,
    Call,
    Cohort,
    CohortChange,
    Person,
    Telling,
    Unreadable,
    secrets_given,
    secrets_named,
)
from keepwarm.connectors.sources.payloads import at, json_of, needed, read_each, text_at, time_at
from keepwarm.connectors.sources.proofs import is_shown, password_in

#: Where an exported or streamed event says when it happened.
_TIMES: Final = ("event_time", "client_event_time", "time")


class Amplitude:
    """Reads the cohort webhooks and the streamed events of Amplitude."""

    about = AboutSource(
        title="Amplitude",
        secrets=secrets_named("AMPLITUDE_SECRET", "What is shown as a Bearer token."),
        steps=(
            (
                "Under Data, Destinations, add the webhook for cohorts, or that for events, with"
                " this address and the default payload."
            ),
            "Add the header Authorization: Bearer and a long random secret, and set that.",
        ),
        example="""\
attributes:
  cohorts: {is: tags, from: amplitude cohorts}
events:
  song_played:
    with: {seconds: number}
    from: amplitude Song Played
""",
        notes=(
            "A cohort is a tag on its members.",
            (
                "Amplitude's user id is taken for your identifier of the customer, unless it is an"
                " e-mail address: then that finds the customer."
            ),
            "Amplitude signs nothing; it shows the secret.",
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = secrets_given(self.about, given)

    def is_proved(self, call: Call) -> bool:
        """Check the secret that is shown."""
        return is_shown(password_in(call.headers.get("authorization", "")), self._secrets)

    def read(self, call: Call) -> Sequence[Telling]:
        """Read a change of a cohort, or events."""
        told = json_of(call.body)
        if isinstance(told, dict) and "cohort_id" in told:
            return [_cohort(told, call.body)]
        return read_each(told if isinstance(told, list) else [told], _event)


def _cohort(told: Mapping[str, Any], body: bytes) -> Telling:
    enters, users = at(told, "in_cohort"), at(told, "users")
    if not isinstance(enters, bool) or not isinstance(users, list):
        raise Unreadable("in_cohort or users is missing")
    key = text_at(told, "message_id") or hashlib.sha256(body).hexdigest()
    people = (_person(text_at(user, "user_id"), None) for user in users)
    cohort = Cohort(
        id=needed(told, "cohort_id"),
        name=needed(told, "cohort_name"),
        change=CohortChange.ADDED if enters else CohortChange.REMOVED,
        session=key,
        is_last=True,
        members=tuple(person for person in people if person.is_somebody),
    )
    return Telling(COHORTS, key, Person(), cohort=cohort)


def _person(user: str | None, device: str | None) -> Person:
    names = (("amplitude", device),) if device else ()
    if user and "@" in user:
        return Person(names=names, email=user)
    return Person(user, names)


def _event(event: object) -> Iterator[Telling]:
    person = _person(text_at(event, "user_id"), text_at(event, "device_id"))
    word = needed(event, "event_type")
    if not person.is_somebody:
        return
    properties, user = at(event, "event_properties"), at(event, "user_properties")
    key = text_at(event, "insert_id") or text_at(event, "$insert_id") or needed(event, "uuid")
    yield Telling(
        word,
        key,
        person,
        next((found for place in _TIMES if (found := _time(event, place))), None),
        properties if isinstance(properties, dict) else {},
        user if isinstance(user, dict) else {},
        event if isinstance(event, dict) else {},
    )


def _time(event: object, place: str) -> datetime | None:
    """Give a moment that is text, or milliseconds since 1970."""
    found = at(event, place)
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return datetime.fromtimestamp(found / 1_000, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    return time_at(event, place)
