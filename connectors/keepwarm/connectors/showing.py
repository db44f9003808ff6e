"""A message as its receiver would see it, in pieces that a page can draw.

Plain data, no page: the app draws it. An e-mail's HTML is what a stranger wrote; show it in a
sandboxed frame without scripts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from keepwarm.connectors.letter import unsubscribe_headers
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.sms_parts import SmsParts, sms_parts


@dataclass(frozen=True, slots=True)
class ShownEmail:
    """An e-mail: what the inbox lists, and both of its bodies."""

    sender: str
    receiver: str
    subject: str
    #: What an inbox shows beside the subject; it stands in the HTML as well, hidden.
    preheader: str
    #: All header fields, in order, as name and value.
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text message, with the parts that it is billed by."""

    receiver: str
    text: str
    parts: SmsParts


@dataclass(frozen=True, slots=True)
class ShownPush:
    """A notification on a telephone."""

    receiver: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownChat:
    """A message in a team's chat."""

    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownWebhook:
    """A call to somebody's server."""

    url: str
    #: Indented if it is JSON, as it is otherwise.
    body: str


Shown: TypeAlias = ShownEmail | ShownText | ShownPush | ShownChat | ShownWebhook


def shown(message: Message, default_sender: str = "") -> Shown:
    """Give a message as its receiver would see it."""
    match message.channel:
        case Channel.EMAIL:
            return _email(message, default_sender)
        case Channel.SMS:
            text = message.text("text")
            return ShownText(message.address, text, sms_parts(text))
        case Channel.PUSH:
            return ShownPush(message.address, message.text("title"), message.text("text"))
        case Channel.CHAT:
            return ShownChat(message.address, message.text("text"))
        case Channel.WEBHOOK:
            return ShownWebhook(message.address, _indented(message.text("body")))
        case _:
            assert_never(message.channel)


def _email(message: Message, default_sender: str) -> ShownEmail:
    sender = message.content.sender or default_sender
    subject = message.text("subject")
    headers = {"From": sender, "To": message.address, "Subject": subject}
    if message.content.reply_to:
        headers["Reply-To"] = message.content.reply_to
    headers |= unsubscribe_headers(message)
    return ShownEmail(
        sender=sender,
        receiver=message.address,
        subject=subject,
        preheader=message.text("preheader"),
        headers=tuple(headers.items()),
        html=message.text("html"),
        text=message.text("text"),
    )


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body
