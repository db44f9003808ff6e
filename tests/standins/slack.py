"""Slack's chat.postMessage, incoming webhooks and history, by its documented rules.

Source: docs.slack.dev, "chat.postMessage", "chat.update", "Sending messages using incoming
webhooks", "Verifying requests from Slack", "block_actions payload".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

TOKEN = "xoxb-stand-in"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
INCOMING = "/services/T000/B000/standin"
CHANNELS = frozenset({"#customer-success", "C0000000001"})
ARCHIVED = "#archived"
TEAM = "T9TK3CUKW"


class Slack(Provider):
    """Takes chat messages as Slack would."""

    name = "slack"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.history: list[dict[str, Any]] = []
        #: User ID -> what users.info tells of them.
        self.people: dict[str, dict[str, Any]] = {}

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
            return self._looked_back(asked)
        if call.path == "/api/chat.update":
            return self._changed(json.loads(call.body))
        if call.path == "/api/auth.test":
            return Verdict(200, {"ok": True, "team_id": TEAM})
        if call.path == "/api/users.info":
            found = self.people.get(dict(call.query).get("user", ""))
            return (
                _not_ok("user_not_found")
                if found is None
                else Verdict(200, {"ok": True, "user": found})
            )
        if call.path != "/api/chat.postMessage":
            return _not_ok("unknown_method")
        return self._posted(json.loads(call.body))

    def _looked_back(self, asked: dict[str, str]) -> Verdict:
        """Give a page of a channel, the newest first."""
        if asked.get("channel", "").startswith("#"):
            return _not_ok("channel_not_found")
        found = [one for one in self.history if one["channel"] == asked.get("channel")][::-1]
        start, limit = int(asked.get("cursor") or 0), int(asked.get("limit") or 100)
        following = str(start + limit) if start + limit < len(found) else ""
        answer = {"ok": True, "messages": found[start : start + limit], "has_more": bool(following)}
        return Verdict(200, answer | {"response_metadata": {"next_cursor": following}})

    def _changed(self, message: dict[str, Any]) -> Verdict:
        stamp, channel = message.get("ts"), message.get("channel")
        found = next((one for one in self.history if one["ts"] == stamp), None)
        if found is None or channel != found["channel"]:
            return _not_ok("message_not_found")
        found.update(text=message.get("text", ""), blocks=message.get("blocks", []))
        return Verdict(200, {"ok": True, "channel": channel, "ts": stamp, "text": found["text"]})

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
        self.history.append(
            {
                "channel": channel,
                "ts": stamp,
                "text": text,
                "metadata": metadata,
                "blocks": message.get("blocks", []),
            }
        )
        told = metadata.get("event_payload", {})
        send_id = told.get("send_id") or told.get("key", "")
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


def pressed(message: dict[str, Any], action_id: str, option: str | None = None) -> bytes:
    """Give what Slack posts when somebody presses a button of a message, or picks an option."""
    [block] = [block for block in message["blocks"] if block["type"] == "actions"]
    [element] = [each for each in block["elements"] if each["action_id"] == action_id]
    action = {
        "type": element["type"],
        "action_id": action_id,
        "block_id": block["block_id"],
        "action_ts": "1700000001.000001",
    }
    if option is None:
        action["value"] = element["value"]
    else:
        [chosen] = [each for each in element["options"] if each["value"] == option]
        action["selected_option"] = chosen
    payload = {
        "type": "block_actions",
        "user": {"id": "U061F7AUR", "username": "ann", "name": "ann", "team_id": TEAM},
        "api_app_id": "A02",
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": "C0000000001"},
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "response_url": "https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091209",
        "actions": [action],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, at: datetime, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Sign a call as Slack does."""
    stamp = str(int(at.timestamp()))
    content = b"v0:" + stamp.encode() + b":" + body
    made = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={made}"}


def _found(person: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "user": person}


def _not_ok(error: str) -> Verdict:
    return Verdict(200, {"ok": False, "error": error})
