"""Twilio's messages and call-backs, by its documented rules and magic numbers.

Source: twilio.com/docs, "Message resource", "Test credentials", "Webhooks security".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.standins.ledger import Entry, Ledger
from tests.standins.provider import Call, Provider, Verdict

ACCOUNT = "AC" + "0" * 32
TOKEN = "stand-in-auth-token"
SERVICE = "MG" + "1" * 32
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
#: To and From that always bring one error.
MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable via SMS."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' phone number is not a valid, SMS-capable number."),
    "+15005550008": (21611, "This 'From' number has exceeded its queued messages"),
}
FIELDS = frozenset(
    ["To", "Body", "From", "MessagingServiceSid", "StatusCallback", "ValidityPeriod"],
)


class Twilio(Provider):
    """Takes texts as Twilio would."""

    name = "twilio"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.messages: list[dict[str, Any]] = []

    def judge(self, call: Call) -> Verdict:
        """Decide about one call."""
        if call.headers.get("authorization") != _basic(ACCOUNT, TOKEN):
            return _refused(401, 20003, "Authenticate")
        of_one = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/"
        if call.method == "DELETE" and call.path.startswith(of_one):
            return self._deleted(call.path.removeprefix(of_one).removesuffix(".json"))
        if call.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return _refused(404, 20404, "The requested resource was not found")
        if call.method == "GET":
            return self._listed(call.query)
        fields = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        error = _problem(fields)
        if error:
            status = 429 if error[0] == 21611 else 400
            return _refused(status, *error)
        return self._taken(fields)

    def _deleted(self, sid: str) -> Verdict:
        if all(one["sid"] != sid for one in self.messages):
            return _refused(404, 20404, "The requested resource was not found")
        self.messages = [one for one in self.messages if one["sid"] != sid]
        return Verdict(204)

    def _taken(self, fields: Mapping[str, str]) -> Verdict:
        sid = f"SM{len(self.messages) + 1:032x}"
        made = {
            "sid": sid,
            "status": "accepted" if "MessagingServiceSid" in fields else "queued",
            "to": fields["To"],
            "from": fields.get("From"),
            "body": fields["Body"],
            "error_code": None,
            "num_segments": "1",
            "date_created": format_datetime(datetime.now(UTC), usegmt=True),
            "date_sent": None,
            "account_sid": ACCOUNT,
        }
        self.messages.insert(0, made)
        call_back = fields.get("StatusCallback", "")
        send_id = dict(parse_qsl(call_back.partition("?")[2])).get("send_id", "")
        words = {"text": fields["Body"], "status_callback": call_back}
        words |= {"validity": fields.get("ValidityPeriod", "")}
        return Verdict(201, made, (Entry("twilio", send_id, fields["To"], sid, words),))

    def _listed(self, query: Mapping[str, str]) -> Verdict:
        found = [one for one in self.messages if one["to"] == query.get("To", one["to"])]
        size = int(query.get("PageSize", "50"))
        page = {"messages": found[:size], "page": 0, "page_size": size, "next_page_uri": None}
        return Verdict(200, page | {"uri": "/"})

    @staticmethod
    def signed(
        url: str, fields: Mapping[str, str], token: str = TOKEN
    ) -> tuple[dict[str, str], bytes]:
        """Give the headers and the body of a call-back to a public address."""
        text = url + "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
        headers = {"x-twilio-signature": base64.b64encode(digest).decode()}
        return headers, urlencode(fields, quote_via=quote).encode()


def _problem(fields: Mapping[str, str]) -> tuple[int, str] | None:
    unknown = set(fields) - FIELDS
    if unknown:
        return 20001, f"unknown fields {sorted(unknown)}"
    sender = fields.get("From", "")
    if sender in MAGIC_FROM:
        return MAGIC_FROM[sender]
    if fields.get("To", "") in MAGIC_TO:
        return MAGIC_TO[fields["To"]]
    if not E164.fullmatch(fields.get("To", "")):
        return 21211, "The 'To' number is not a valid phone number."
    if not fields.get("Body"):
        return 21602, "Message body is required."
    if len(fields["Body"]) > 1600:
        return 21617, "The concatenated message body exceeds the 1600 character limit."
    if not sender and fields.get("MessagingServiceSid") != SERVICE:
        return 21603, "A 'From' phone number is required."
    period = fields.get("ValidityPeriod", "1")
    if not (period.isdigit() and 1 <= int(period) <= 36000):
        return 20001, "ValidityPeriod is out of range"
    call_back = fields.get("StatusCallback", "https://x.example")
    if not call_back.startswith(("http://", "https://")):
        return 21609, "The 'StatusCallback' URL is not a valid URL."
    return None


def _refused(status: int, code: int, text: str) -> Verdict:
    return Verdict(status, {"code": code, "message": text, "more_info": "", "status": status})


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
