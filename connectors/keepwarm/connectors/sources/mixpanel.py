"""Mixpanel: who is in a cohort, and events.

Source: docs.mixpanel.com, "Syncing cohorts to a custom webhook", and the form of an exported event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from keepwarm.connectors.settings import Setting, Surroundings
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
from keepwarm.connectors.sources.payloads import (
    at,
    json_of,
    needed,
    number_at,
    read_each,
    seconds_at,
    text_at,
)
from keepwarm.connectors.sources.proofs import is_shown, password_in

_ACTIONS: Final = {
    "members": CohortChange.ALL,
    "add_members": CohortChange.ADDED,
    "remove_members": CohortChange.REMOVED,
}
_DISTINCT_ID: Final = "mixpanel_distinct_id"
#: What the distinct id of whoever was never identified begins with.
_DEVICE: Final = "$device:"


class Mixpanel:
    """Reads the cohorts that Mixpanel syncs, and events that are passed on."""

    about = AboutSource(
        title="Mixpanel",
        secrets=secrets_named(
            "MIXPANEL_WEBHOOK_PASSWORD", "The password of Basic auth, of your own choice."
        ),
        steps=(
            (
                "Under Integrations add a webhook with this address, with Basic authentication and"
                " a long random password."
            ),
            "Sync the cohorts to it that playbooks ask for.",
            "Set the password.",
        ),
        example="""\
attributes:
  cohorts:
    is: tags
    from: mixpanel cohorts
    read_as: {Power users (30 days): power_user}
events:
  song_played: {with: {seconds: number}, from: mixpanel Song Played}
""",
        notes=(
            (
                "A cohort is a tag on its members. When Mixpanel sends all members anew, whoever is"
                " not among them loses it."
            ),
            "An event is posted as Mixpanel exports it, one or a list of them.",
            "Mixpanel signs nothing; it shows the password.",
        ),
        settings=(
            Setting(
                "MIXPANEL_CUSTOMER_KEY",
                "The property of members and events that holds your own identifier, or"
                " mixpanel_distinct_id where people are identified by it; without one a member is"
                " found by e-mail address.",
                needed=False,
                example="mixpanel_distinct_id",
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = secrets_given(self.about, given)
        self._customer_key = given.optional("MIXPANEL_CUSTOMER_KEY")

    def is_proved(self, call: Call) -> bool:
        """Check the password that is shown."""
        return is_shown(password_in(call.headers.get("authorization", "")), self._secrets)

    def answer(self, call: Call) -> Mapping[str, Any]:
        """Say that a page of a cohort was taken, as Mixpanel asks for."""
        return {"action": text_at(json_of(call.body), "action"), "status": "success"}

    def read(self, call: Call) -> Sequence[Telling]:
        """Read a page of a cohort, or events."""
        told = json_of(call.body)
        if isinstance(told, dict) and "action" in told:
            return [self._cohort(told, hashlib.sha256(call.body).hexdigest())]
        return read_each(told if isinstance(told, list) else [told], self._event)

    def _cohort(self, told: Mapping[str, Any], key: str) -> Telling:
        change = _ACTIONS.get(needed(told, "action"))
        if change is None:
            raise Unreadable("action is neither members nor add_members nor remove_members")
        members = at(told, "parameters.members")
        if not isinstance(members, list):
            # Taken for none, it would take everybody out of the cohort.
            raise Unreadable("parameters.members is not a list")
        total = number_at(told, "parameters.page_info.total_pages")
        # `page_count` is the number of the page, counted from 1.
        current = number_at(told, "parameters.page_info.page_count")
        if current is None:
            current = number_at(told, "parameters.page_info.current_page")
        cohort = Cohort(
            id=needed(told, "parameters.mixpanel_cohort_id"),
            name=needed(told, "parameters.mixpanel_cohort_name"),
            change=change,
            session=text_at(told, "parameters.mixpanel_session_id") or key,
            is_last=total is None or current is None or current >= total,
            members=tuple(self._members(members)),
        )
        return Telling(COHORTS, key, Person(), cohort=cohort)

    def _members(self, members: Sequence[object]) -> Iterator[Person]:
        for each in members:
            name = text_at(each, _DISTINCT_ID)
            person = Person(
                customer=self._own(each),
                names=(("mixpanel", name),) if name else (),
                email=text_at(each, "email") or text_at(each, "$email"),
                phone=text_at(each, "phone") or text_at(each, "$phone"),
            )
            if person.is_somebody:
                yield person

    def _event(self, event: object) -> Iterator[Telling]:
        properties = at(event, "properties")
        if not isinstance(properties, dict):
            raise Unreadable("properties is missing")
        name = text_at(properties, "distinct_id")
        own = self._own({_DISTINCT_ID: name, **properties}) or text_at(properties, "$user_id")
        if not (name or own):
            return
        yield Telling(
            needed(event, "event"),
            needed(properties, "$insert_id"),
            Person(own, (("mixpanel", name),) if name else ()),
            seconds_at(properties, "time"),
            properties,
        )

    def _own(self, properties: object) -> str | None:
        """Give your own identifier; a device is nobody's."""
        found = text_at(properties, self._customer_key) if self._customer_key else None
        return None if found is None or found.startswith(_DEVICE) else found
