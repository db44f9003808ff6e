"""Text messages through Twilio, its status call-backs, and the texts that customers send."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from keepwarm.connectors.addresses import is_e164
from keepwarm.connectors.answers import (
    by_status,
    is_refusal,
    raw,
    send_each,
    shortened,
    wait_asked_for,
    without_proof,
)
from keepwarm.connectors.contract import ConnectorRefused, Forgot, Forgotten, Limits, NotYet
from keepwarm.connectors.forgetting import asked_to_forget
from keepwarm.connectors.settings import About, Setting, Surroundings, checked_base_url, leads_here
from keepwarm.connectors.transport import Answer, Forbidden, NoAnswer, NothingSent, Transport
from keepwarm.connectors.twilio_calls import CallBackTokens, read_call_back
from keepwarm.connectors.twilio_words import CODES, LOST, PERHAPS_ALONE, STATUSES, Meaning
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

LONGEST_TEXT = 1600
LONGEST_VALIDITY = timedelta(hours=10)
#: How many of the latest texts to a number a look-up reads.
LOOK_BACK = 50
A_SECOND = timedelta(seconds=1)
#: Statuses that say enough when their code is not in our table.
BY_STATUS_ALONE = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)

_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
_SERVICE = re.compile(r"MG[0-9a-f]{32}", re.ASCII)


class Twilio:
    """Hands texts to Twilio one by one, and reads its signed call-backs."""

    name = "twilio"
    channels = frozenset({Channel.SMS})
    limits = Limits(batch=1, at_once=20)
    about = About(
        title="Twilio",
        settings=(
            Setting("TWILIO_ACCOUNT_SID", "The account, from the console's first page.",
                    example="AC…"),
            Setting("TWILIO_AUTH_TOKEN", "Its auth token, which also signs the call-backs.",
                    secret=True),
            Setting("TWILIO_AUTH_TOKEN_OLD", "The token before, with which call-backs may still "
                    "be signed while you change over.", needed=False, secret=True),
            Setting("TWILIO_SHARED_KEY", "The secret of a shared key, where call-backs are signed "
                    "with one in place of the auth token.", needed=False, secret=True),
            Setting("TWILIO_SHARED_KEY_OLD", "The shared key before, while you change over.",
                    needed=False, secret=True),
            Setting("TWILIO_API_KEY", "An API key to send with instead of the auth token, which "
                    "can be withdrawn by itself.", needed=False, example="SK…"),
            Setting("TWILIO_API_KEY_SECRET", "The secret of that key.", needed=False, secret=True),
            Setting("TWILIO_MESSAGING_SERVICE_SID", "The messaging service that texts come from; "
                    "this or TWILIO_FROM is needed.", needed=False, example="MG…"),
            Setting("TWILIO_FROM", "The number that texts come from.", needed=False,
                    example="+14155550100"),
            Setting("TWILIO_VALID_FOR_SECONDS", "How long Twilio may keep a text that it cannot "
                    "deliver yet, 1 to 36000.", needed=False, example="14400"),
            Setting("TWILIO_API_URL", "Where Twilio is.", needed=False,
                    example="https://api.twilio.com"),
        ),
        promises=(
            "One call a text, made once.",
            "Accepted means status 201 with a message sid and a status that Twilio documents.",
            "The send id comes back in the address of every status call-back.",
            "A text from a customer is read only when Twilio's signature proves it.",
        ),
        unknown_settles_by="The status call-back, or a look-up: the latest texts to the number are "
        "listed and compared by their words.",
    )  # fmt: skip

    def __init__(self, given: Surroundings) -> None:
        """Make the connector; no connection is opened yet."""
        self.limits = given.limits(type(self).limits)
        self._clock = given.clock
        self._call_back_url = _call_back_url(given)
        self._from = _who_it_comes_from(given)
        self._validity_seconds = _validity_seconds(given)
        self._tokens = CallBackTokens(
            [given.text("TWILIO_AUTH_TOKEN"), given.text("TWILIO_AUTH_TOKEN_OLD")],
            [given.text("TWILIO_SHARED_KEY"), given.text("TWILIO_SHARED_KEY_OLD")],
        )
        self._transport = Transport(timeout=self.limits.timeout, at_once=self.limits.at_once)
        self._client = _client(given, self._transport)

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Hand over each text by a call of its own."""
        return await send_each(messages, self._send_one)

    async def look_up(self, message: Message, sent_after: datetime) -> SendResult | None:
        """Tell what came of a text, from the latest ones to its number with the same words.

        Without Twilio's filter by the moment of sending, which a queued text does not have yet.
        """
        try:
            listed = await self._client.messages.list_async(to=message.address, limit=LOOK_BACK)
            words = message.text("text").strip()
            for one in listed:
                # Twilio's moments are whole seconds.
                is_recent = one.date_created and one.date_created >= sent_after - A_SECOND
                has_its_words = (one.body or "").strip() == words
                if is_recent and has_its_words and _SID.fullmatch(one.sid or ""):
                    return _result_of(one.sid, one.status, one.error_code, "")
        except (NothingSent, NoAnswer, Forbidden, TwilioException, ValueError, TypeError, KeyError):
            return None
        return None

    def receive(
        self, url: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Received | None:
        """Read a status call-back or a customer's text."""
        return read_call_back(self._tokens, url, headers, body, now)

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Delete the texts that Twilio keeps of this person, words and number, one by one.

        Source: twilio.com/docs, "Message resource", "Delete a Message resource".
        """
        for sid in person.provider_ids:
            found = await asked_to_forget(lambda sid=sid: self._delete(sid))  # type: ignore[misc]  # mypy cannot tell the type of a default
            if isinstance(found, NotYet):
                return found
        return Forgot(f"{len(person.provider_ids)} texts deleted")

    async def _delete(self, sid: str) -> Answer:
        _last_answer.set(None)
        with suppress(TwilioException):  # the answer says it
            await self._client.messages(sid).delete_async()
        answer = _last_answer.get()
        if answer is None:
            raise NoAnswer("no answer")
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _send_one(self, message: Message) -> SendResult:
        if refusal := _refusal(message):
            return refusal
        try:
            made = await self._client.messages.create_async(**self._fields(message))
        except (TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
            # The SDK raises on error statuses, and on bodies that it cannot read.
            return self._read_refusal(_last_answer.get(), error, message)
        answer = _last_answer.get()
        if answer is None:
            return Unknown("the connector cannot tell what Twilio answered")
        if answer.status != HTTPStatus.CREATED or not _SID.fullmatch(made.sid or ""):
            return without_proof(answer, message)
        # Without the rest of the answer, which repeats the words and the number.
        kept = f"201 status={made.status} parts={made.num_segments} error={made.error_code}"
        return _result_of(made.sid, made.status, made.error_code, kept)

    def _fields(self, message: Message) -> dict[str, Any]:
        fields: dict[str, Any] = {"to": message.address, "body": message.text("text")}
        fields |= {"from_": message.content.sender} if message.content.sender else self._from
        if self._call_back_url:
            query = urlencode({"send_id": message.send_id})
            fields["status_callback"] = f"{self._call_back_url}?{query}"
        if self._validity_seconds:
            fields["validity_period"] = self._validity_seconds
        _last_answer.set(None)
        return fields

    def _read_refusal(
        self, answer: Answer | None, error: Exception, message: Message
    ) -> SendResult:
        if answer is None:
            return Unknown(f"the connector failed on the way ({type(error).__name__})")
        if answer.status < HTTPStatus.BAD_REQUEST:
            return without_proof(answer, message)
        code = getattr(error, "code", None)
        meaning, remedy = CODES.get(code or 0, (None, Remedy.NONE))
        kept = raw(answer, [message.address])
        words = _words_of_refusal(error, message)
        if meaning is Meaning.LATER:
            return NotProcessed(words, wait_asked_for(answer, self._clock()), kept)
        if meaning is Meaning.DOUBTFUL or not is_refusal(answer):
            return Unknown(words, kept)
        if meaning is None and answer.status in BY_STATUS_ALONE:
            return by_status(answer, self._clock(), [message.address], words)
        # A code that our table does not have suppresses nobody and stops nothing.
        return Rejected(words, remedy, kept, perhaps_alone=code in PERHAPS_ALONE)


#: The answer that the SDK's exceptions and instances were made from; each task has its own.
_last_answer: ContextVar[Answer | None] = ContextVar("_last_answer", default=None)


class _PooledHttpClient(AsyncHttpClient):  # type: ignore[misc]  # it has no types
    """The SDK's own place for a client of ours (`http_client=`), carried by our transport.

    The seam: the SDK builds address, form fields and headers, and reads the answer. Its own
    asynchronous client ignores time-outs (twilio-python, issue 925), and sends again after a 5xx
    when told to retry. Exceptions of the SDK hold no headers, so the answer is kept beside them.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), is_async=True)
        self._transport = transport

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the SDK's signature
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 - the SDK's signature
    ) -> Any:  # noqa: ANN401 - the SDK's own type, which has no types
        """Carry one request of the SDK's."""
        all_headers = dict(headers or {})
        if auth:
            pair = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
            all_headers["Authorization"] = f"Basic {pair}"
        body = urlencode(data, doseq=True).encode() if data else None
        url = f"{uri}?{urlencode(params, doseq=True)}" if params else uri
        answer = await self._transport.call(method.upper(), url, headers=all_headers, body=body)
        _last_answer.set(answer)
        return Response(answer.status, answer.body.decode(errors="replace"), answer.headers)


def _client(given: Surroundings, transport: Transport) -> Any:  # noqa: ANN401 - it has no types
    account = given.text("TWILIO_ACCOUNT_SID")
    key, secret = given.text("TWILIO_API_KEY"), given.text("TWILIO_API_KEY_SECRET")
    if bool(key) != bool(secret):
        raise ConnectorRefused(
            "TWILIO_API_KEY and TWILIO_API_KEY_SECRET belong together: set both, or neither to "
            "send with TWILIO_AUTH_TOKEN."
        )
    client = Client(
        key or account,
        secret or given.text("TWILIO_AUTH_TOKEN"),
        account,
        http_client=_PooledHttpClient(transport),
        # Anything but an empty mapping, for which the SDK would read the process's environment.
        environment={"read by": "keepwarm"},
    )
    url = given.text("TWILIO_API_URL", "https://api.twilio.com")
    client.api.base_url = checked_base_url("TWILIO_API_URL", url)
    return client


def _call_back_url(given: Surroundings) -> str | None:
    """Give where Twilio reports to; None where it could not: it refuses such texts altogether."""
    url = given.call_back_url(Twilio.name)
    is_tried_out_here = leads_here(given.text("TWILIO_API_URL"))
    return url if url and (is_tried_out_here or not leads_here(url)) else None


def _who_it_comes_from(given: Surroundings) -> dict[str, str]:
    service, number = given.text("TWILIO_MESSAGING_SERVICE_SID"), given.text("TWILIO_FROM")
    if service and not _SERVICE.fullmatch(service):
        raise ConnectorRefused(
            f'TWILIO_MESSAGING_SERVICE_SID is "{service}". It starts with MG, and 32 digits and '
            "letters a to f follow."
        )
    if service:
        return {"messaging_service_sid": service}
    if not number:
        raise ConnectorRefused(
            "Neither TWILIO_MESSAGING_SERVICE_SID nor TWILIO_FROM is set, and twilio needs one of "
            "them: who texts come from. Set it in the environment: export TWILIO_FROM=+14155550100"
        )
    return {"from_": number}


def _validity_seconds(given: Surroundings) -> int | None:
    text = given.text("TWILIO_VALID_FOR_SECONDS")
    if not text:
        return None
    most = int(LONGEST_VALIDITY.total_seconds())
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise ConnectorRefused(
            f'TWILIO_VALID_FOR_SECONDS is "{text}". Use a number from 1 to {most}.'
        )
    return int(text)


def _refusal(message: Message) -> Rejected | None:
    if not is_e164(message.address):
        return Rejected("the address is not a number as +14155550123", Remedy.SUPPRESS_ADDRESS)
    text = message.text("text")
    if not text.strip():
        return Rejected("the text has no words", Remedy.FIX_CONTENT)
    if len(text) > LONGEST_TEXT:
        return Rejected(f"the text is longer than {LONGEST_TEXT} characters", Remedy.FIX_CONTENT)
    return None


def _words_of_refusal(error: Exception, message: Message) -> str:
    text = getattr(error, "msg", None) or getattr(error, "title", None) or "refused"
    return shortened(f"Twilio error {getattr(error, 'code', None)}: {text}", [message.address])


def _result_of(sid: str, status: str | None, code: int | None, kept: str) -> SendResult:
    """Give what a message that Twilio holds under a sid came to."""
    if status not in STATUSES:
        return Unknown(f'Twilio answered with the unknown status "{status}"', kept)
    if status in LOST:
        _, remedy = CODES.get(code or 0, (Meaning.REFUSED, Remedy.NONE))
        return Rejected(f"Twilio error {code}", remedy, kept)
    return Accepted(sid, kept)
