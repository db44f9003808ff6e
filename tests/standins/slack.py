"""Slack's chat.postMessage, incoming webhooks and history, by its documented rules.

Source: docs.slack.dev, "chat.postMessage", "Sending messages using incoming webhooks".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

TOKEN = "xoxb-stand-in"
INCOMING = "/services/T000/B000/standin"
CHANNELS = frozenset({"#customer-success", "C0000000001"})
ARCHIVED = "#archived"


class Slack(Provider):
    """Takes chat messages as Slack would."""

    name = "slack"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.history: list[dict[str, Any]] = []

    def judge(self, call: Call) -> Verdict:
        """Decide about one call."""
        if call.path == INCOMING:
            return self._incoming(call)
        if call.path.startswith("/services/"):
            return Verdict(404, "no_service")
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return _not_ok("invalid_auth")
        if call.path == "/api/conversations.history":
            asked = dict(parse_qsl(call.body.decode())) | dict(call.query)
            found = [one for one in self.history if one["channel"] == asked.get("channel")]
            return Verdict(200, {"ok": True, "messages": found, "has_more": False})
        if call.path != "/api/chat.postMessage":
            return _not_ok("unknown_method")
        return self._posted(json.loads(call.body))

    def _posted(self, message: dict[str, Any]) -> Verdict:
        channel, text = message.get("channel", ""), message.get("text", "")
        if channel == ARCHIVED:
            return _not_ok("is_archived")
        if channel not in CHANNELS:
            return _not_ok("channel_not_found")
        if not text:
            return _not_ok("no_text")
        if len(text) > 40_000:
            return _not_ok("msg_too_long")
        stamp = f"1700000000.{len(self.history):06d}"
        metadata = message.get("metadata", {})
        self.history.append({"channel": channel, "ts": stamp, "text": text, "metadata": metadata})
        send_id = metadata.get("event_payload", {}).get("send_id", "")
        taken = (Entry("slack", send_id, channel, stamp, {"text": text}),)
        return Verdict(200, {"ok": True, "channel": "C0000000001", "ts": stamp}, taken)

    def _incoming(self, call: Call) -> Verdict:
        try:
            text = json.loads(call.body).get("text", "")
        except ValueError:
            return Verdict(400, "invalid_payload")
        if not text:
            return Verdict(400, "no_text")
        self.history.append({"channel": "", "ts": "", "text": text, "metadata": {}})
        return Verdict(200, "ok", (Entry("slack", "", INCOMING, "", {"text": text}),))


def _not_ok(error: str) -> Verdict:
    return Verdict(200, {"ok": False, "error": error})
