"""What SendGrid's event webhook says, proved and put into our words.

Source: docs.sendgrid.com, "Event Webhook Reference", "Event Webhook Security Features".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sendgrid.helpers.eventwebhook import EventWebhook

from keepwarm.connectors.answers import shortened, storable
from keepwarm.connectors.contract import ConnectorRefused
from keepwarm.engine.outcome import Received, Remedy, Report, Signal

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
#: How far the signed moment may be from ours, before and after; SendGrid's SDK checks neither.
TOLERANCE = timedelta(seconds=600)

_UNIX_TIME = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)

#: SendGrid's words for an event; `bounce` goes on by its type, `dropped` by its reason.
EVENTS: Mapping[str, tuple[Signal, Remedy]] = {
    "processed": (Signal.QUEUED, Remedy.NONE),
    "delivered": (Signal.DELIVERED, Remedy.NONE),
    # SendGrid goes on trying by itself: not to be sent again.
    "deferred": (Signal.DEFERRED, Remedy.NONE),
    "bounce": (Signal.BOUNCED, Remedy.SUPPRESS_ADDRESS),
    "blocked": (Signal.SOFT_BOUNCED, Remedy.NONE),
    "dropped": (Signal.REJECTED, Remedy.NONE),
    "open": (Signal.OPENED, Remedy.NONE),
    "click": (Signal.CLICKED, Remedy.NONE),
    "spamreport": (Signal.COMPLAINED, Remedy.OPT_OUT),
    "unsubscribe": (Signal.UNSUBSCRIBED, Remedy.OPT_OUT),
    "group_unsubscribe": (Signal.UNSUBSCRIBED, Remedy.OPT_OUT),
}

#: SendGrid's reasons for dropping an e-mail before it went out, in lower case.
DROPPED: Mapping[str, Remedy] = {
    "bounced address": Remedy.SUPPRESS_ADDRESS,
    "invalid": Remedy.SUPPRESS_ADDRESS,
    "unsubscribed address": Remedy.OPT_OUT,
    "spam reporting address": Remedy.OPT_OUT,
    "spam content (if spam checker app enabled)": Remedy.FIX_CONTENT,
    "spam content": Remedy.FIX_CONTENT,
    "invalid smtpapi header": Remedy.FIX_CONTENT,
    "recipient list over package quota": Remedy.STOP_CHANNEL,
}


class EventKeys:
    """The public keys that an event may be signed with: the present one and the one before."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Read the keys; empty ones are left out.

        Raises:
            ConnectorRefused: a key is not the base64 text that SendGrid shows.
        """
        self._verifiers = []
        for key in filter(None, keys):
            try:
                self._verifiers.append(EventWebhook(key))
            except Exception as error:  # the parser raises its own kinds
                raise ConnectorRefused(
                    "SENDGRID_WEBHOOK_KEY is not a verification key. Copy it whole from Settings, "
                    "Mail Settings, Signed Event Webhook: it starts with MFkw."
                ) from error

    def prove(self, signature: str, timestamp: str, body: str) -> bool:
        """Tell whether one of the keys signed this body at this moment.

        The SDK reads sloppy base64, by which other texts would pass as the same signature.
        """
        try:
            if base64.b64encode(base64.b64decode(signature, validate=True)).decode() != signature:
                return False
            return any(one.verify_signature(body, signature, timestamp) for one in self._verifiers)
        except (binascii.Error, ValueError, TypeError, AttributeError):
            return False


def read_call_back(
    keys: EventKeys, headers: Mapping[str, str], body: bytes, now: datetime
) -> Received | None:
    """Read one call of the event webhook; None if it is not proved, or not a list of events."""
    signature, timestamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not _UNIX_TIME.fullmatch(timestamp):
        return None
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
        return None
    try:
        text = body.decode()
        events = json.loads(text) if keys.prove(signature, timestamp, text) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(events, list):
        return None
    return Received(tuple(_report(event, now) for event in events if isinstance(event, dict)))


def _report(event: Mapping[str, Any], now: datetime) -> Report:
    word = _word(event)
    signal, remedy = EVENTS.get(word, (Signal.UNKNOWN, Remedy.NONE))
    address = _text(event, "email")
    reason = _text(event, "reason") or _text(event, "response")
    if word == "dropped":
        remedy = DROPPED.get(reason.strip().lower(), Remedy.NONE)
    kept = {name: event[name] for name in event if name not in {"email", "ip", "useragent"}}
    return Report(
        signal=signal,
        at=_moment(event, now),
        dedupe_key=_dedupe_key(event),
        send_id=_text(event, "send_id") or None,
        # Its tail differs from event to event; its head is the X-Message-Id of the answer.
        provider_id=_text(event, "sg_message_id").partition(".")[0] or None,
        reason=shortened(reason, [address]),
        word=_text(event, "event"),
        by_machine=event.get("sg_machine_open") is True,
        remedy=remedy,
        raw=shortened(json.dumps(kept, ensure_ascii=False, default=str), [address]),
    )


def _word(event: Mapping[str, Any]) -> str:
    word = _text(event, "event")
    if word == "bounce" and _text(event, "type") == "blocked":
        return "blocked"
    return word


def _moment(event: Mapping[str, Any], now: datetime) -> datetime:
    stamp = event.get("timestamp")
    is_unix_time = isinstance(stamp, int) and _UNIX_TIME.fullmatch(str(stamp))
    if not is_unix_time or not isinstance(stamp, int):
        return now
    return min(datetime.fromtimestamp(stamp, UTC), now)


def _dedupe_key(event: Mapping[str, Any]) -> str:
    """Give what is the same in every delivery of one event.

    Not `sg_event_id`: it changes when SendGrid delivers the same event again. Source:
    sendgrid/sendgrid-nodejs, issue 1435.
    """
    parts = [
        _text(event, "sg_message_id").partition(".")[0] or _text(event, "smtp-id"),
        _text(event, "send_id") or _text(event, "email").lower(),
        _word(event),
        repr(event.get("timestamp")),
        _text(event, "url"),
        repr(event.get("attempt", "")),
    ]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return storable(value) if isinstance(value, str) else ""
