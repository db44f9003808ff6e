"""Anybody's signed webhooks, in the form of Standard Webhooks.

Source: the Standard Webhooks specification: the headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`, and a body of `type`, `timestamp` and `data`. Svix, where it comes from,
and all who send by it call the headers `svix-id` and so on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

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
from keepwarm.connectors.sources.payloads import at, json_object, needed, text_at, time_at
from keepwarm.connectors.sources.proofs import from_base64, is_recent, is_signed, moment_of

_PREFIX: Final = "whsec_"
#: Where a sender may say who it is about, the company's own identifier first.
_CUSTOMER: Final = ("customer", "customer_id", "user_id", "userId")
_MOST_SIGNATURES: Final = 20


class SignedWebhook:
    """Reads webhooks of a sender that signs them as Standard Webhooks says."""

    about = AboutSource(
        title="Signed webhooks of anybody",
        secrets=secrets_named(
            "INBOUND_WEBHOOK_SECRET", "What the sender signs with.", "whsec_… (in base64)"
        ),
        steps=(
            "Let the sender post to this address, signed as Standard Webhooks says.",
            (
                'The body is {"type": …, "timestamp": …, "data": {…}}; its type is the word that'
                " the catalog names, and its data are the properties."
            ),
            "Who it is about stands in data, as customer (your own identifier), email or phone.",
        ),
        example="""\
attributes:
  plan: {is: "one of free, pro", from: webhook plan}
events:
  payment_failed:
    with: {invoice: text, amount: number}
    from: webhook charge.refused
    called: {invoice: invoice_number}
""",
        notes=("Every name in data may fill a property or, where `from` says so, an attribute.",),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [
            key
            for secret in secrets_given(self.about, given)
            if (key := from_base64(secret.removeprefix(_PREFIX)))
        ]

    def is_proved(self, call: Call) -> bool:
        """Check `webhook-signature`: a `v1` of HMAC-SHA256 over `id.timestamp.body`."""
        name, stamp = _header(call, "id"), _header(call, "timestamp")
        shown = _header(call, "signature").split()[:_MOST_SIGNATURES]
        signatures = [from_base64(each[3:]) for each in shown if each.startswith("v1,")]
        content = f"{name}.{stamp}.".encode() + call.body
        is_dated = bool(name) and is_recent(moment_of(stamp), call.now)
        return is_dated and is_signed(signatures, self._secrets, content)

    def read(self, call: Call) -> Sequence[Telling]:
        """Read one webhook."""
        told = json_object(call.body)
        data = at(told, "data")
        if not isinstance(data, dict):
            raise Unreadable("data is not an object")
        own = (text_at(data, name) for name in _CUSTOMER)
        person = Person(
            customer=next((each for each in own if each), None),
            email=text_at(data, "email"),
            phone=text_at(data, "phone"),
        )
        if not person.is_somebody:
            raise Unreadable("data names nobody: neither customer nor email nor phone")
        word = needed(told, "type")
        key = _header(call, "id") or text_at(told, "id")
        key = key or hashlib.sha256(call.body).hexdigest()  # of one that is tried from a file
        return [Telling(word, key, person, time_at(told, "timestamp"), data, data, told)]


def _header(call: Call, name: str) -> str:
    return call.headers.get(f"webhook-{name}") or call.headers.get(f"svix-{name}", "")
