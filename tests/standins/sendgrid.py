"""SendGrid's Mail Send and signed events, by its documented rules.

Source: docs.sendgrid.com, "Mail Send", "Limitations", "Errors", "Substitution Tags".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

KEY = "SG.stand-in-key"
EMAIL = re.compile(r"[\x21-\x7e]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
RESERVED_HEADERS = frozenset(
    [
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type"),
        *("content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc"),
    ]
)
RATE_LIMIT = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "599"}
NESTED = 4


class SendGrid(Provider):
    """Takes mails as SendGrid would, filling the tags of each."""

    name = "sendgrid"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.private_key = ec.generate_private_key(ec.SECP256R1())
        self._count = 0
        #: The addresses that it was asked to erase.
        self.erased: list[str] = []

    def judge(self, call: Call) -> Verdict:
        """Decide about one Mail Send, or one wish to erase."""
        if (call.method, call.path) == ("POST", "/v3/recipients/erasejob"):
            return self._erased(call)
        if call.path != "/v3/mail/send" or call.method != "POST":
            return _refused(404, "not found")
        if call.headers.get("authorization") != f"Bearer {KEY}":
            return _refused(401, "The provided authorization grant is invalid, expired, or revoked")
        if len(call.body) > 30_000_000:
            return _refused(413, "Payload too large")
        try:
            mail = json.loads(call.body)
        except ValueError:
            return _refused(400, "Bad Request")
        errors = problems(mail)
        if errors:
            return Verdict(400, {"errors": errors}, headers=RATE_LIMIT)
        if mail.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Verdict(200, headers=RATE_LIMIT)
        self._count += 1
        message_id = f"standin{self._count:015d}"
        taken = tuple(_entry(mail, one, message_id) for one in mail["personalizations"])
        return Verdict(202, "", taken, {"X-Message-Id": message_id, **RATE_LIMIT})

    def _erased(self, call: Call) -> Verdict:
        if call.headers.get("authorization") != f"Bearer {KEY}":
            return _refused(401, "The provided authorization grant is invalid, expired, or revoked")
        addresses = json.loads(call.body).get("email_addresses")
        if not addresses or not all(EMAIL.fullmatch(each) for each in addresses):
            return _refused(400, "email_addresses is required")
        self.erased += addresses
        return Verdict(202, {"job_id": f"job-{len(self.erased)}"})

    @property
    def public_key(self) -> str:
        """The verification key as SendGrid shows it."""
        der = self.private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def signed(
        self, events: Sequence[Mapping[str, Any]] | bytes, at: datetime
    ) -> tuple[dict[str, str], bytes]:
        """Give the headers and the body of one call of the event webhook."""
        body = events if isinstance(events, bytes) else json.dumps(events).encode()
        stamp = str(int(at.timestamp()))
        signature = self.private_key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
            "x-twilio-email-event-webhook-timestamp": stamp,
        }
        return headers, body


def problems(mail: object) -> list[dict[str, Any]]:
    """Give what SendGrid would say against a mail."""
    if not isinstance(mail, dict):
        return [_error("Bad Request", None)]
    found = list(_problems_of_the_whole(mail))
    receivers = mail.get("personalizations") or []
    if not receivers:
        found.append(_error("The personalizations field is required.", "personalizations"))
    if len(receivers) > 1000:
        found.append(_error("The personalization block is limited to 1000.", "personalizations"))
    seen: set[str] = set()
    count = 0
    for index, one in enumerate(receivers):
        field = f"personalizations.{index}"
        if not one.get("to"):
            found.append(_error("The to array is required.", f"{field}.to"))
        for place, to in enumerate(one.get("to", [])):
            count += 1
            found += _problems_of_a_receiver(to, f"{field}.to.{place}", seen)
        found += _problems_of_extras(one, field)
    if count > 1000:
        found.append(_error("There is a limit of 1000 total recipients.", "personalizations"))
    return found


def _problems_of_the_whole(mail: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    found = []
    sender = mail.get("from", {}).get("email", "")
    if not EMAIL.fullmatch(sender):
        found.append(_error("The from email does not contain a valid address.", "from.email"))
    has_own = all(one.get("subject") for one in mail.get("personalizations") or [{}])
    if not mail.get("subject") and not has_own:
        found.append(_error("The subject is required.", "subject"))
    kinds = [one.get("type") for one in mail.get("content") or []]
    if not kinds or any(not one.get("value") for one in mail["content"]):
        found.append(_error("The content value must be a string of at least one.", "content"))
    if kinds != sorted(kinds, key=["text/plain", "text/html"].index):
        found.append(_error("If present, text/plain must be first.", "content"))
    return found


def _problems_of_a_receiver(
    to: Mapping[str, Any], field: str, seen: set[str]
) -> Sequence[dict[str, Any]]:
    address = to.get("email", "")
    if not isinstance(address, str) or not EMAIL.fullmatch(address):
        return [_error("Does not contain a valid address.", f"{field}.email")]
    found = []
    if address.lower() in seen:
        text = "Each email address in the personalizations array must be unique."
        found.append(_error(text, "personalizations"))
    seen.add(address.lower())
    if set(to.get("name", "")) & {";", ","}:
        found.append(_error("The name cannot contain ; or ,", f"{field}.name"))
    return found


def _problems_of_extras(one: Mapping[str, Any], field: str) -> Sequence[dict[str, Any]]:
    found = []
    for name, limit in (("substitutions", 10_000), ("custom_args", 10_000)):
        pairs = one.get(name, {})
        if any(not isinstance(value, str) for value in pairs.values()):
            found.append(_error(f"The {name} must be strings.", f"{field}.{name}"))
        elif sum(len(key.encode()) + len(value.encode()) for key, value in pairs.items()) > limit:
            text = f"{name} are limited to {limit} bytes per personalization block."
            found.append(_error(text, f"{field}.{name}"))
    reserved = [name for name in one.get("headers", {}) if name.lower() in RESERVED_HEADERS]
    return found + [_error("The header is reserved.", f"{field}.headers") for _ in reserved]


def _entry(mail: Mapping[str, Any], one: Mapping[str, Any], message_id: str) -> Entry:
    tags = one.get("substitutions", {})
    texts = {"subject": one.get("subject") or mail["subject"]}
    texts |= {content["type"]: content["value"] for content in mail["content"]}
    words = {name: filled(text, tags) for name, text in texts.items()}
    for name, value in {**mail.get("headers", {}), **one.get("headers", {})}.items():
        words[f"header:{name}"] = value
    words["from"] = f"{mail['from'].get('name', '')} <{mail['from']['email']}>"
    words["reply_to"] = mail.get("reply_to", {}).get("email", "")
    words["custom_args"] = json.dumps(one.get("custom_args", {}))
    send_id = one.get("custom_args", {}).get("send_id", "")
    return Entry("sendgrid", send_id, one["to"][0]["email"], message_id, words)


def filled(text: str, tags: Mapping[str, str]) -> str:
    """Fill tags as SendGrid does: again inside of what was filled in, up to four deep."""
    for _ in range(NESTED):
        for tag, value in tags.items():
            text = text.replace(tag, value)
    return text


def _refused(status: int, text: str) -> Verdict:
    return Verdict(status, {"errors": [_error(text, None)]}, headers=RATE_LIMIT)


def _error(text: str, field: str | None) -> dict[str, Any]:
    return {"message": text, "field": field, "help": None}
