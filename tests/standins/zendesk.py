"""Zendesk's tickets, by its documented rules: idempotency keys, external ids, closing.

Source: developer.zendesk.com, "Tickets", "Introduction: idempotency", "Verifying webhook
authenticity", "Ticket events".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

EMAIL, TOKEN = "agent@acme.example", "stand-in-token"
SECRET = "zendesk-signing-secret"


class Zendesk(Provider):
    """Keeps tickets as Zendesk would."""

    name = "zendesk"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.tickets: dict[str, dict[str, Any]] = {}
        self._by_key: dict[str, tuple[bytes, str]] = {}

    def judge(self, call: Call) -> Verdict:
        """Decide about one call."""
        basic = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {basic}":
            return Verdict(401, {"error": "Couldn't authenticate you"})
        match call.method, call.path:
            case "POST", "/api/v2/tickets.json":
                return self._created(call)
            case "GET", "/api/v2/tickets.json":
                wanted = call.query.get("external_id")
                found = [t for t in self.tickets.values() if t["external_id"] == wanted]
                return Verdict(200, {"tickets": found, "count": len(found), "next_page": None})
            case "GET", "/api/v2/tickets/show_many.json":
                named = call.query.get("ids", "").split(",")
                return Verdict(
                    200, {"tickets": [self.tickets[n] for n in named if n in self.tickets]}
                )
            case "DELETE", path if path.startswith("/api/v2/tickets/"):
                gone = self.tickets.pop(path.rsplit("/", 1)[1].removesuffix(".json"), None)
                return Verdict(404 if gone is None else 204)
            case "PUT", path if path.startswith("/api/v2/tickets/"):
                return self._updated(path.rsplit("/", 1)[1].removesuffix(".json"), call)
            case _:
                return Verdict(404, {"error": "InvalidEndpoint"})

    def _created(self, call: Call) -> Verdict:
        key = call.headers.get("idempotency-key", "")
        if key in self._by_key:
            body, number = self._by_key[key]
            if body != call.body:
                return Verdict(400, {"error": "IdempotentRequestError"})
            hit = {"x-idempotency-lookup": "hit"}
            return Verdict(201, {"ticket": self.tickets[number]}, (), hit)
        given = json.loads(call.body).get("ticket", {})
        if not given.get("comment", {}).get("body"):
            return Verdict(422, {"error": "RecordInvalid"})
        number = str(35436 + len(self.tickets))
        ticket = {
            "id": int(number),
            "url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json",
            "external_id": given.get("external_id"),
            "subject": given.get("subject"),
            "status": "new",
            "type": given.get("type"),
            "due_at": given.get("due_at"),
            "tags": given.get("tags", []),
            "comments": [given["comment"]],
        }
        self.tickets[number] = ticket
        if key:
            self._by_key[key] = call.body, number
        words = {"subject": str(given.get("subject")), "text": given["comment"]["body"]}
        entry = Entry("zendesk", str(given.get("external_id")), "tickets", number, words)
        return Verdict(201, {"ticket": ticket}, (entry,), {"x-idempotency-lookup": "miss"})

    def _updated(self, number: str, call: Call) -> Verdict:
        ticket = self.tickets.get(number)
        if ticket is None:
            return Verdict(404, {"error": "RecordNotFound"})
        if ticket["status"] == "closed":
            return Verdict(422, {"error": "RecordInvalid", "description": "closed"})
        changes = dict(json.loads(call.body)["ticket"])
        if comment := changes.pop("comment", None):
            ticket["comments"].append(comment)
        ticket.update(changes)
        return Verdict(200, {"ticket": ticket})

    def solve(self, number: str, *tags: str) -> bytes:
        """Solve a ticket as an agent does, and give the event that Zendesk posts."""
        ticket = self.tickets[number]
        ticket["status"] = "solved"
        ticket["tags"] = [*ticket["tags"], *tags]
        event = {
            "account_id": 22129848,
            "detail": {
                "actor_id": "8447388090494",
                "external_id": ticket["external_id"],
                "id": number,
                "status": "SOLVED",
                "subject": ticket["subject"],
                "tags": ticket["tags"],
                "type": "TASK",
                "via": {"channel": "web_service"},
            },
            "event": {"current": "SOLVED", "previous": "OPEN"},
            "id": f"event-{number}",
            "subject": f"zen:ticket:{number}",
            "time": "2026-03-02T09:00:00.000Z",
            "type": "zen:event-type:ticket.status_changed",
            "zendesk_event_version": "2022-11-06",
        }
        return json.dumps(event).encode()


def signed(body: bytes, at: datetime) -> dict[str, str]:
    """Sign a webhook as Zendesk does."""
    stamp = at.isoformat().replace("+00:00", "Z")
    made = hmac.new(SECRET.encode(), stamp.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(made).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
