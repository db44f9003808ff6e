"""E-mail through SendGrid: up to a thousand receivers of the same words in one call."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import python_http_client
from python_http_client.exceptions import HTTPError, err_dict
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    Content,
    CustomArg,
    From,
    Header,
    Mail,
    MailSettings,
    Personalization,
    ReplyTo,
    SandBoxMode,
    Subject,
    SubscriptionTracking,
    Substitution,
    To,
    TrackingSettings,
)

from keepwarm.connectors.answers import as_object, by_status, raw, shortened, without_answer
from keepwarm.connectors.contract import Forgot, Forgotten, Limits, NotYet
from keepwarm.connectors.forgetting import asked_to_forget
from keepwarm.connectors.letter import Sender, problem_with, sender_of, unsubscribe_headers
from keepwarm.connectors.sendgrid_calls import MOST_BYTES_A_CALL, in_calls, words_of
from keepwarm.connectors.sendgrid_events import EventKeys, read_call_back
from keepwarm.connectors.settings import About, Setting, Surroundings, checked_base_url
from keepwarm.connectors.transport import Answer, Forbidden, NoAnswer, NothingSent, Transport
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import (
    Accepted,
    NotProcessed,
    Received,
    Rejected,
    Remedy,
    SendResult,
    Unknown,
)

#: Where SendGrid's errors name the receiver that they are about.
_ABOUT_ONE_RECEIVER = re.compile(r"personalizations\.([0-9]{1,4})\.(\w+)", re.ASCII)


class SendGrid:
    """Hands e-mails to SendGrid's v3 Mail Send, and reads its signed event webhook."""

    name = "sendgrid"
    channels = frozenset({Channel.EMAIL})
    limits = Limits(batch=1000, at_once=20, timeout=timedelta(seconds=30))
    about = About(
        title="SendGrid",
        settings=(
            Setting(
                "SENDGRID_API_KEY",
                'An API key with the permission "Mail Send" (Settings, API Keys).',
                secret=True,
                example="SG.…",
            ),
            Setting(
                "SENDGRID_FROM",
                "Who e-mails come from where a template does not say; a verified sender.",
                needed=False,
                example="'Acme <hello@acme.example>'",
            ),
            Setting(
                "SENDGRID_WEBHOOK_KEY",
                "The verification key of the signed event webhook (Settings, Mail Settings); "
                "without it call-backs are refused.",
                needed=False,
            ),
            Setting(
                "SENDGRID_WEBHOOK_KEY_OLD",
                "The key before, accepted as well while you change over.",
                needed=False,
            ),
            Setting(
                "SENDGRID_API_URL",
                "Where SendGrid is, for European subusers https://api.eu.sendgrid.com.",
                needed=False,
                example="https://api.sendgrid.com",
            ),
            Setting(
                "SENDGRID_SANDBOX",
                "`true` lets SendGrid check e-mails and deliver none.",
                needed=False,
            ),
        ),
        promises=(
            (
                "Up to 1,000 receivers of the same words are one call; it is split where an "
                "address repeats or values are too large."
            ),
            "Accepted means status 202 with an X-Message-Id; anything else is not success.",
            "SendGrid learns the send id and nothing else about the customer but the address.",
            "When one receiver is refused, only that message is; the others of its call go again.",
            "Marketing e-mails carry both headers of one-click unsubscribing (RFC 8058).",
        ),
        unknown_settles_by="The event webhook: every event brings back the send id.",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the connector; no connection is opened yet."""
        self.limits = given.limits(type(self).limits)
        self._clock = given.clock
        self._default_sender = given.optional("SENDGRID_FROM")
        self._sandbox = given.is_on("SENDGRID_SANDBOX")
        self._keys = EventKeys(
            [given.text("SENDGRID_WEBHOOK_KEY"), given.text("SENDGRID_WEBHOOK_KEY_OLD")]
        )
        url = given.text("SENDGRID_API_URL", "https://api.sendgrid.com")
        host = checked_base_url("SENDGRID_API_URL", url)
        self._transport = Transport(timeout=self.limits.timeout, at_once=self.limits.at_once)
        self._api = SendGridAPIClient(given.text("SENDGRID_API_KEY"), host=host)
        self._api.client = _PooledClient(
            self._transport, host=host, request_headers=self._api.client.request_headers, version=3
        )

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Hand over messages that share one content, in as few calls as the limits allow."""
        results: dict[str, SendResult] = {}
        ready: list[Message] = []
        for message in messages:
            if refusal := _refusal(message):
                results[message.send_id] = refusal
            else:
                ready.append(message)
        calls = in_calls(ready)
        for brought in await asyncio.gather(*(self._send_call(call) for call in calls)):
            results |= brought
        return [results[message.send_id] for message in messages]

    def receive(
        self,
        url: str,  # noqa: ARG002
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
    ) -> Received | None:
        """Read the signed event webhook."""
        return read_call_back(self._keys, headers, body, now)

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Ask for a job that erases what SendGrid keeps of e-mails to these addresses.

        Its suppressions stay: they keep the address from being mailed.
        Source: docs.sendgrid.com, "Recipients' Data Erasure".
        """
        if not person.emails:
            return Forgot("it never had an address")
        body = json.dumps({"email_addresses": list(person.emails)}).encode()
        return await asked_to_forget(lambda: self._erase(body), _job)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _erase(self, body: bytes) -> Answer:
        try:
            answer: Answer = await self._api.client.recipients.erasejob.post(request_body=body)
        except HTTPError as refused:
            return Answer(refused.status_code, refused.headers, refused.body)
        return answer

    async def _send_call(self, messages: Sequence[Message]) -> Mapping[str, SendResult]:
        try:
            sender = sender_of(messages[0].content, self._default_sender)
            if isinstance(sender, Rejected):
                return _same_for_all(messages, sender)
            payload = self._payload(messages, sender)
            body = json.dumps(payload).encode()
            if len(body) > MOST_BYTES_A_CALL:
                return await self._halved(messages)
            answer = await self._post(body)
            if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                # Nothing of it was taken, and who stands between us may take less than SendGrid.
                return await self._halved(messages, raw(answer, [m.address for m in messages]))
        except (NothingSent, NoAnswer, Forbidden) as error:
            return _same_for_all(messages, without_answer(error))
        except Exception as error:  # noqa: BLE001 - a surprise must not become a second message
            failed = Unknown(f"the connector failed on the way ({type(error).__name__})")
            return _same_for_all(messages, failed)
        return self._read(answer, _in_order_of(payload, messages))

    async def _halved(
        self, messages: Sequence[Message], said: str = ""
    ) -> Mapping[str, SendResult]:
        if len(messages) == 1:
            words = "SendGrid says it is too large" if said else "the e-mail is larger than 30 MB"
            return _same_for_all(messages, Rejected(words, Remedy.FIX_CONTENT, said))
        middle = len(messages) // 2
        first = await self._send_call(messages[:middle])
        return {**first, **await self._send_call(messages[middle:])}

    async def _post(self, body: bytes) -> Answer:
        try:
            answer: Answer = await self._api.client.mail.send.post(request_body=body)
        except HTTPError as refused:
            return Answer(refused.status_code, refused.headers, refused.body)
        return answer

    def _payload(self, messages: Sequence[Message], sender: Sender) -> dict[str, Any]:
        words = words_of(messages)
        mail = Mail(from_email=From(sender.address, sender.name or None))
        mail.subject = Subject(words.subject)
        if sender.reply_to:
            mail.reply_to = ReplyTo(sender.reply_to)
        for kind, text in (("text/plain", words.text), ("text/html", words.html)):
            if text:
                mail.add_content(Content(kind, text))
        for message in messages:
            mail.add_personalization(_personalization(message, words.substitutions(message)))
        # Its own footer and headers would stand beside ours and lead past our consent records.
        tracking = TrackingSettings()
        tracking.subscription_tracking = SubscriptionTracking(enable=False)
        mail.tracking_settings = tracking
        if self._sandbox:
            mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
        payload: dict[str, Any] = mail.get()
        return payload

    def _read(self, answer: Answer, messages: Sequence[Message]) -> Mapping[str, SendResult]:
        provider_id = answer.headers.get("x-message-id", "").strip()
        if answer.status == HTTPStatus.ACCEPTED and provider_id:
            return _same_for_all(messages, Accepted(provider_id, raw(answer)))
        if answer.status == HTTPStatus.OK and self._sandbox:
            return _same_for_all(messages, Accepted("sandbox", raw(answer)))
        errors = _errors(answer)
        if answer.status == HTTPStatus.BAD_REQUEST and _all_name_a_receiver(errors):
            return _culprits_apart(errors, messages)
        addresses = [message.address for message in messages]
        reason = shortened("; ".join(text for text, _ in errors), addresses)
        if answer.status == HTTPStatus.FORBIDDEN and "verified" in reason.lower():
            refused = Rejected(reason, Remedy.FIX_CONTENT, raw(answer, addresses))
            return _same_for_all(messages, refused)
        return _same_for_all(messages, by_status(answer, self._clock(), addresses, reason))


class _PooledClient(python_http_client.Client):  # type: ignore[misc]  # it has no types
    """The SDK's own client, its verbs carried by our transport.

    The seam: the SDK builds URL and headers (`_build_url`, `request_headers`) and turns statuses
    into its exceptions; only the opener of `urllib`, which makes a connection a mail, follows
    redirects with the key and obeys proxies, is left out. Headers of one call stay in that call.
    """

    def __init__(self, transport: Transport, **settings: Any) -> None:  # noqa: ANN401 - the SDK's
        super().__init__(**settings)
        self.transport = transport

    def _build_client(self, name: str | None = None) -> _PooledClient:
        return _PooledClient(
            self.transport,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the SDK's
        if name in self.methods:
            return self._verb(name.upper())
        return super().__getattr__(name)

    def _verb(self, method: str) -> Callable[..., Any]:
        async def make_request(request_body: bytes) -> Answer:
            headers = {**self.request_headers, "Content-Type": "application/json"}
            url = self._build_url(None)
            answer = await self.transport.call(method, url, headers=headers, body=request_body)
            if error := err_dict.get(answer.status):
                raise error(answer.status, "", answer.body, answer.headers)
            return answer

        return make_request


def _refusal(message: Message) -> Rejected | None:
    try:
        return problem_with(message)
    except (IndexError, TypeError):
        return Rejected("a gap of the e-mail has no value", Remedy.FIX_CONTENT)


def _in_order_of(payload: Mapping[str, Any], messages: Sequence[Message]) -> list[Message]:
    """Give the messages as the SDK laid them, last first: errors name receivers by place."""
    by_send_id = {message.send_id: message for message in messages}
    placed = (one["custom_args"]["send_id"] for one in payload["personalizations"])
    return [by_send_id[send_id] for send_id in placed]


def _personalization(message: Message, substitutions: Mapping[str, str]) -> Personalization:
    one = Personalization()
    one.add_to(To(message.address))
    one.add_custom_arg(CustomArg("send_id", message.send_id))
    for tag, value in substitutions.items():
        one.add_substitution(Substitution(tag, value))
    for name, value in unsubscribe_headers(message).items():
        one.add_header(Header(name, value))
    return one


def _job(answer: Answer) -> str:
    found = (as_object(answer.body) or {}).get("job_id")
    return f"job {found}" if isinstance(found, str) else ""


def _errors(answer: Answer) -> list[tuple[str, str]]:
    listed = (as_object(answer.body) or {}).get("errors")
    errors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [(str(one.get("message") or ""), str(one.get("field") or "")) for one in errors]


def _all_name_a_receiver(errors: Sequence[tuple[str, str]]) -> bool:
    return bool(errors) and all(_ABOUT_ONE_RECEIVER.match(field) for _, field in errors)


def _culprits_apart(
    errors: Sequence[tuple[str, str]], messages: Sequence[Message]
) -> Mapping[str, SendResult]:
    """Give a refusal to those whom the errors name, and another chance to the others."""
    again = NotProcessed("another message of the same call was refused", timedelta(0))
    results: dict[str, SendResult] = {message.send_id: again for message in messages}
    for text, field in errors:
        found = _ABOUT_ONE_RECEIVER.match(field)
        index = int(found[1]) if found else len(messages)
        if found is None or index >= len(messages):
            return _same_for_all(messages, Rejected(shortened(text), Remedy.FIX_CONTENT))
        culprit = messages[index]
        remedy = Remedy.SUPPRESS_ADDRESS if found[2] == "to" else Remedy.FIX_CONTENT
        results[culprit.send_id] = Rejected(shortened(text, [culprit.address]), remedy)
    return results


def _same_for_all(messages: Sequence[Message], result: SendResult) -> Mapping[str, SendResult]:
    return {message.send_id: result for message in messages}
