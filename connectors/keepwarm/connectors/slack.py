"""Messages to a team's chat in Slack, by a bot or by an incoming webhook."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from keepwarm.connectors.answers import (
    as_object,
    by_status,
    send_each,
    wait_asked_for,
    without_proof,
)
from keepwarm.connectors.contract import ConnectorRefused, Limits
from keepwarm.connectors.settings import About, Setting, Surroundings, checked_base_url
from keepwarm.connectors.slack_client import PooledBot, channel_called
from keepwarm.connectors.transport import Answer, Forbidden, NoAnswer, NothingSent, Transport
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)

#: Slack's words for what went wrong. One that is not here is a failure that suppresses nobody.
#: Source: docs.slack.dev, "chat.postMessage" and "Sending messages using incoming webhooks".
REFUSALS: Mapping[str, Remedy] = {
    "channel_is_archived": Remedy.SUPPRESS_ADDRESS,
    "channel_not_found": Remedy.SUPPRESS_ADDRESS,
    "is_archived": Remedy.SUPPRESS_ADDRESS,
    "invalid_blocks": Remedy.FIX_CONTENT,
    "invalid_payload": Remedy.FIX_CONTENT,
    "msg_too_long": Remedy.FIX_CONTENT,
    "no_text": Remedy.FIX_CONTENT,
    "msg_blocks_too_long": Remedy.FIX_CONTENT,
    "access_denied": Remedy.STOP_CHANNEL,
    "accesslimited": Remedy.STOP_CHANNEL,
    # "Authentication token is for a deleted user or workspace".
    "account_inactive": Remedy.STOP_CHANNEL,
    "action_prohibited": Remedy.STOP_CHANNEL,
    "ekm_access_denied": Remedy.STOP_CHANNEL,
    "enterprise_is_restricted": Remedy.STOP_CHANNEL,
    "invalid_auth": Remedy.STOP_CHANNEL,
    "invalid_token": Remedy.STOP_CHANNEL,
    "missing_scope": Remedy.STOP_CHANNEL,
    "no_active_hooks": Remedy.STOP_CHANNEL,
    "no_permission": Remedy.STOP_CHANNEL,
    "no_service": Remedy.STOP_CHANNEL,
    "not_allowed_token_type": Remedy.STOP_CHANNEL,
    "not_authed": Remedy.STOP_CHANNEL,
    "org_login_required": Remedy.STOP_CHANNEL,
    "team_access_not_granted": Remedy.STOP_CHANNEL,
    "team_disabled": Remedy.STOP_CHANNEL,
    "token_expired": Remedy.STOP_CHANNEL,
    "token_revoked": Remedy.STOP_CHANNEL,
    "two_factor_setup_required": Remedy.STOP_CHANNEL,
}
#: `team_added_to_org`: the workspace is being moved, and answers now and then.
LATER = frozenset({"message_limit_exceeded", "ratelimited", "rate_limited", "team_added_to_org"})
#: "It's possible that some aspect of the operation succeeded before the error was raised."
DOUBTFUL = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})

EVENT_TYPE = "keepwarm_message"
LOOK_BACK = 100

_CHANNEL = re.compile(r"[#@]?[\w.-]{1,80}")


class Slack:
    """Posts to Slack: with a bot's token to any channel, with an incoming webhook to its own."""

    name = "slack"
    channels = frozenset({Channel.CHAT})
    limits = Limits(batch=1, at_once=4, per_second=1)
    about = About(
        title="Slack",
        settings=(
            Setting(
                "SLACK_BOT_TOKEN",
                "A bot's token with the scope chat:write; this or SLACK_WEBHOOK_URL is needed.",
                needed=False,
                secret=True,
                example="xoxb-…",
            ),
            Setting(
                "SLACK_WEBHOOK_URL",
                "An incoming webhook, which posts to one channel whatever a playbook says.",
                needed=False,
                secret=True,
                example="https://hooks.slack.com/services/…",
            ),
            Setting(
                "SLACK_API_URL", "Where Slack is.", needed=False, example="https://slack.com/api"
            ),
        ),
        promises=(
            "One call a message, made once; Slack takes about one a second and channel.",
            (
                "Accepted means `ok: true` with the moment that names the message, or `ok` from "
                "an incoming webhook."
            ),
            "What fills the gaps cannot ring a whole channel: &, < and > in it are escaped.",
        ),
        unknown_settles_by="A look-up: the channel's latest messages are searched for the send id "
        "(needs a bot with the scope channels:history, and the channel's ID as its address).",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the connector; no connection is opened yet."""
        self.limits = given.limits(type(self).limits)
        self._clock = given.clock
        token, incoming = given.text("SLACK_BOT_TOKEN"), given.text("SLACK_WEBHOOK_URL")
        if not (token or incoming):
            raise ConnectorRefused(
                "Neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set, and slack needs one of "
                "them. Set it in the environment: export SLACK_BOT_TOKEN=xoxb-…"
            )
        self._transport = Transport(timeout=self.limits.timeout, at_once=self.limits.at_once)
        url = checked_base_url(
            "SLACK_API_URL", given.text("SLACK_API_URL", "https://slack.com/api")
        )
        self._bot = PooledBot(self._transport, token, url) if token else None
        self._incoming = None
        if incoming:
            target = checked_base_url("SLACK_WEBHOOK_URL", incoming)
            self._incoming = _PooledIncoming(self._transport, target)

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Post each message by a call of its own."""
        return await send_each(messages, self._send_one)

    async def look_up(self, message: Message, sent_after: datetime) -> SendResult | None:
        """Tell whether the channel's history holds the message, by the send id beside it."""
        if self._bot is None:
            return None
        try:
            found = await self._bot.conversations_history(
                channel=channel_called(message.address),
                oldest=str(sent_after.timestamp()),
                include_all_metadata=True,
                limit=LOOK_BACK,
            )
        except (SlackApiError, NothingSent, NoAnswer, Forbidden):
            return None
        for one in found.get("messages") or []:
            payload = (one.get("metadata") or {}).get("event_payload") or {}
            if payload.get("send_id") == message.send_id:
                return Accepted(str(one.get("ts")))
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _send_one(self, message: Message) -> SendResult:
        text = _text(message)
        if not text.strip():
            return Rejected("the message has no words", Remedy.FIX_CONTENT)
        if self._bot is not None:
            return await self._post(self._bot, message, text)
        if self._incoming is not None:
            return await self._post_incoming(self._incoming, message, text)
        return Rejected("slack has neither a token nor a webhook", Remedy.STOP_CHANNEL)

    async def _post(self, bot: PooledBot, message: Message, text: str) -> SendResult:
        if not _CHANNEL.fullmatch(message.address):
            return Rejected("the address is not a channel", Remedy.SUPPRESS_ADDRESS)
        payload = {"event_type": EVENT_TYPE, "event_payload": {"send_id": message.send_id}}
        try:
            answered = await bot.chat_postMessage(
                channel=channel_called(message.address), text=text, metadata=payload
            )
        except SlackApiError as error:
            answered = error.response
        body = json.dumps(answered.data).encode()
        answer = Answer(answered.status_code, answered.headers, body)
        stamp = answered.get("ts")
        if answered.get("ok") is True:
            # Without the rest of the answer, which repeats the words.
            if not isinstance(stamp, str) or not stamp:
                return without_proof(answer, message)
            return Accepted(stamp, "200 ok")
        return self._refused(answer, str(answered.get("error") or ""), message)

    async def _post_incoming(
        self, incoming: _PooledIncoming, message: Message, text: str
    ) -> SendResult:
        answered = await incoming.send(text=text)
        answer = Answer(answered.status_code, answered.headers, answered.body.encode())
        if answer.status == HTTPStatus.OK and answered.body.strip() == "ok":
            return Accepted(f"incoming:{message.send_id}", "200 ok")
        return self._refused(answer, answered.body.strip(), message)

    def _refused(self, answer: Answer, error: str, message: Message) -> SendResult:
        words = f"Slack says {error[:80]}" if error else "Slack asks for fewer calls"
        if error in LATER or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return NotProcessed(words, wait_asked_for(answer, self._clock()), words)
        if error in DOUBTFUL:
            return Unknown(words, words)
        if error in REFUSALS and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return Rejected(words, REFUSALS[error], words)
        if answer.status == HTTPStatus.OK and error and as_object(answer.body):
            return Rejected(words, Remedy.NONE, words)
        return by_status(answer, self._clock(), [message.address])


class _PooledIncoming(AsyncWebhookClient):
    """The SDK's incoming webhook with its one request carried by our transport, as above."""

    def __init__(self, transport: Transport, url: str) -> None:
        super().__init__(url, retry_handlers=[])
        self._transport = transport

    async def _perform_http_request(
        self, *, body: dict[str, Any], headers: dict[str, str]
    ) -> WebhookResponse:
        answer = await self._transport.call(
            "POST",
            self.url,
            headers={**headers, "Content-Type": "application/json;charset=utf-8"},
            body=json.dumps(body).encode(),
        )
        return WebhookResponse(
            url=self.url,
            status_code=answer.status,
            body=answer.body.decode(errors="replace"),
            headers=dict(answer.headers),
        )


def _text(message: Message) -> str:
    """Give the words, what fills the gaps escaped: a name like `<!channel>` must ring nobody."""
    wording = message.content.texts.get("text")
    escaped = [html.escape(value, quote=False) for value in message.values]
    return wording.filled(escaped) if wording else ""
