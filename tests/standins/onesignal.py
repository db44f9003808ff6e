"""OneSignal's notifications, by its documented rules.

Source: documentation.onesignal.com, "Create message", "Idempotent notification requests".
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

APP = "00000000-0000-4000-8000-000000000001"
KEY = "os_v2_app_standin"
#: Aliases that nobody can be reached under, and how OneSignal says so.
NOT_SUBSCRIBED = "nobody-subscribed"
INVALID = "nobody-known"
PARTLY = "partly-known"


class OneSignal(Provider):
    """Takes pushes as OneSignal would; a repeated key brings the first answer again."""

    name = "onesignal"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._by_key: dict[str, Verdict] = {}
        #: The external ids of users that were deleted.
        self.deleted: list[str] = []

    def judge(self, call: Call) -> Verdict:
        """Decide about one notification, or one user to delete."""
        by = f"/apps/{APP}/users/by/external_id/"
        if call.method == "DELETE" and call.path.startswith(by):
            return self._deleted(call, call.path.removeprefix(by))
        if (call.method, call.path) != ("POST", "/notifications"):
            return Verdict(404, {"errors": ["not found"]})
        if call.headers.get("authorization") != f"Key {KEY}":
            return Verdict(403, {"errors": ["Access denied. Please include a valid API key"]})
        note = json.loads(call.body)
        errors = _problems(note)
        if errors:
            return Verdict(400, {"errors": errors})
        key = note.get("idempotency_key", "")
        if key in self._by_key:
            first = self._by_key[key]
            return Verdict(first.status, first.body, headers={"Idempotent-Replayed": "true"})
        verdict = self._take(note, key)
        if key:
            self._by_key[key] = verdict
        return verdict

    def _deleted(self, call: Call, user: str) -> Verdict:
        if call.headers.get("authorization") != f"Key {KEY}":
            return Verdict(403, {"errors": ["Access denied. Please include a valid API key"]})
        if user == INVALID:
            return Verdict(404, {"errors": ["user not found"]})
        self.deleted.append(user)
        return Verdict(202, {})

    def _take(self, note: dict[str, Any], key: str) -> Verdict:
        alias = note["include_aliases"]["external_id"][0]
        if alias == NOT_SUBSCRIBED:
            text = "All included players are not subscribed"
            return Verdict(200, {"id": "", "recipients": 0, "errors": [text]})
        invalid = {"invalid_aliases": {"external_id": [alias]}}
        if alias == INVALID:
            return Verdict(200, {"id": "", "errors": invalid})
        notification = str(uuid.UUID(int=len(self._by_key) + 1))
        if alias == PARTLY:
            return Verdict(200, {"id": notification, "errors": invalid})
        words = {"text": note["contents"]["en"], "title": note.get("headings", {}).get("en", "")}
        taken = (Entry("onesignal", key, alias, notification, words),)
        return Verdict(200, {"id": notification, "external_id": None}, taken)


def _problems(note: dict[str, Any]) -> list[str]:
    found = []
    if note.get("app_id") != APP:
        found.append("app_id not found")
    if not note.get("contents", {}).get("en"):
        found.append("Message Notifications must have English language content")
    aliases = note.get("include_aliases", {}).get("external_id", [])
    if not 1 <= len(aliases) <= 20_000:
        found.append("You must include which players, segments, or tags you wish to send to")
    if note.get("target_channel") != "push":
        found.append("target_channel is required")
    try:
        uuid.UUID(note.get("idempotency_key") or APP)
    except ValueError:
        found.append("idempotency_key must be a valid UUID")
    return found
