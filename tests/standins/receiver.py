"""Somebody's own server that receives our webhooks, and checks them by Standard Webhooks.

Source: standardwebhooks.com, the specification (signature scheme, idempotency).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

SECRET = "whsec_" + base64.b64encode(b"stand-in secret of 24 by").decode()


class Receiver(Provider):
    """Takes a webhook once for each id, if its signature is right."""

    name = "receiver"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.seen: set[str] = set()

    def judge(self, call: Call) -> Verdict:
        """Decide about one webhook."""
        if call.path == "/gone":
            return Verdict(410, "gone")
        identifier = call.headers.get("webhook-id", "")
        stamp = call.headers.get("webhook-timestamp", "")
        secret = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{identifier}.{stamp}.".encode() + call.body
        expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        if call.headers.get("webhook-signature") != f"v1,{expected}":
            return Verdict(401, "the signature is wrong")
        if identifier in self.seen:
            return Verdict(200, "known")
        self.seen.add(identifier)
        words = {"body": call.body.decode(), "timestamp": stamp}
        return Verdict(204, None, (Entry("receiver", identifier, call.path, identifier, words),))
