"""What Twilio calls back with: reports on our texts, and texts of customers, proved and read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import (
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from keepwarm.connectors.answers import shortened
from keepwarm.connectors.twilio_words import signal_of
from keepwarm.engine.outcome import Received, Report, TextReceived

SIGNATURE = "x-twilio-signature"
#: Comes with calls that a shared key signed, in place of the auth token. Source: twilio.com/docs,
#: "Sign webhooks with shared keys".
BY_A_SHARED_KEY: Final[str] = SIGNATURE_SETTINGS_HEADER.lower()
#: Twilio sends about thirty.
MOST_FIELDS = 200

_CODE = re.compile(r"[0-9]{1,6}", re.ASCII)


class CallBackTokens:
    """What a call-back may be signed with: auth tokens or shared keys, present and before."""

    def __init__(self, tokens: Sequence[str], shared_keys: Sequence[str] = ()) -> None:
        """Keep the tokens and keys; empty ones are left out."""
        self._tokens = [RequestValidator(token) for token in tokens if token]
        self._shared_keys = [RequestValidator(key) for key in shared_keys if key]

    def prove(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Tell whether one of them signed this call to this public address."""
        signature, settings = headers.get(SIGNATURE, ""), headers.get(BY_A_SHARED_KEY)
        algorithm = get_signature_algorithm(settings)
        signers = self._tokens if settings is None else self._shared_keys
        return any(one.validate(url, dict(fields), signature, algorithm) for one in signers)


def read_call_back(
    tokens: CallBackTokens, url: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> Received | None:
    """Read one call-back; None if it is not proved, or not a form."""
    try:
        fields = _form(body.decode())
        if fields is None or not tokens.prove(url, fields, headers):
            return None
        query = dict(parse_qsl(urlsplit(url).query))
    except Exception:  # noqa: BLE001 - the SDK's helper raises on forged input
        return None
    if "MessageStatus" in fields:
        return Received(reports=(_report(fields, query.get("send_id"), now),))
    if fields.get("SmsStatus") == "received" or "Body" in fields:
        return Received(texts=(_text(fields, now),))
    return Received()


def _form(text: str) -> dict[str, str] | None:
    """Read a form; None where a name stands twice: the signature covers one value of a name."""
    pairs = parse_qsl(
        text,
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=MOST_FIELDS,
    )
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def _report(fields: Mapping[str, str], send_id: str | None, now: datetime) -> Report:
    status = fields["MessageStatus"].lower()
    code = fields.get("ErrorCode", "")
    number = int(code) if _CODE.fullmatch(code) else None
    signal, remedy = signal_of(status, number)
    kept = {name: fields[name] for name in fields if name not in {"To", "From", "Body"}}
    return Report(
        signal=signal,
        # Twilio names no moment in a status call-back.
        at=now,
        dedupe_key=f"{fields.get('MessageSid', '')}:{status}",
        send_id=send_id,
        provider_id=fields.get("MessageSid") or None,
        reason=f"Twilio error {number}" if number else "",
        word=status,
        remedy=remedy,
        raw=shortened(str(kept), [fields.get("To", ""), fields.get("From", "")]),
    )


def _text(fields: Mapping[str, str], now: datetime) -> TextReceived:
    return TextReceived(
        sender=fields.get("From", ""),
        receiver=fields.get("To", ""),
        body=fields.get("Body", ""),
        at=now,
        dedupe_key=fields.get("MessageSid") or fields.get("SmsMessageSid", ""),
        provider_took_it_as=fields.get("OptOutType", "").upper() or None,
    )
