"""Moments and words as pages show them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from keepwarm.app.moments import said
from keepwarm.app.web.markup import Html, tag
from keepwarm.engine.outcome import MessageStatus

#: What people call a channel.
CHANNELS: Final = {
    "email": "E-mail",
    "sms": "Text",
    "push": "Push",
    "notify": "Chat",
    "webhook": "Webhook",
}

_TONES: Final = {
    MessageStatus.SENT: "good",
    MessageStatus.DELIVERED: "good",
    MessageStatus.HELD: "wait",
    MessageStatus.UNKNOWN: "bad",
    MessageStatus.FAILED: "bad",
    MessageStatus.SUPPRESSED: "bad",
}


def channel_name(channel: str) -> str:
    """Give what people call a channel."""
    return CHANNELS.get(channel, channel)


def chip(status: MessageStatus) -> Html:
    """Give a status as a small label; its word says it, its colour only helps."""
    return tag("span", status.value, class_=f"chip {_TONES.get(status, '')}".strip())


def time_tag(at: datetime, zone: str | None) -> Html:
    """Give a moment in a zone, with the exact one for machines."""
    return tag("time", said(at, zone), datetime=at.isoformat())
