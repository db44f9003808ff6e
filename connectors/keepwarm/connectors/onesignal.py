"""Push notifications through OneSignal, which drops a repeated call with the same key."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from onesignal import ApiClient, Configuration
from onesignal.api.default_api import DefaultApi
from onesignal.model.language_string_map import LanguageStringMap
from onesignal.model.notification import Notification

from keepwarm.connectors.answers import (
    as_object,
    by_status,
    raw,
    send_each,
    shortened,
    without_proof,
)
from keepwarm.connectors.contract import (
    ConnectorRefused,
    Forgot,
    Forgotten,
    Limits,
    NotYet,
)
from keepwarm.connectors.forgetting import asked_to_forget
from keepwarm.connectors.settings import About, Setting, Surroundings, checked_base_url
from keepwarm.connectors.transport import Answer, Transport
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Accepted, Rejected, Remedy, SendResult

#: The name space of our idempotency keys; never to be changed, or repeated calls count as new.
KEYS = uuid.UUID("6f2f4d5e-33a5-5b0e-9d0e-2f6f0f5f7a11")

#: What OneSignal says where the receiver has no device that takes pushes, in lower case.
NOBODY_THERE = ("not subscribed", "invalid_aliases", "invalid_external_user_ids", "invalid_player")

#: What we say of it. Who installs the app or allows pushes later is reached again.
NOBODY_SUBSCRIBED = "nobody is reached by this push"

#: What it says, with a status that blames the words, where it does not know our app.
NO_SUCH_APP = "app_id not found"

_ALIAS = re.compile(r"[^\x00-\x1f\x7f]{1,128}")


class OneSignal:
    """Hands pushes to OneSignal one by one, each to the customer's own identifier."""

    name = "onesignal"
    channels = frozenset({Channel.PUSH})
    #: 150 a second is the free plan's figure; 6,000 the paid one's.
    limits = Limits(batch=1, at_once=20, per_second=150, idempotent=True)
    about = About(
        title="OneSignal",
        settings=(
            Setting("ONESIGNAL_APP_ID", "The app, from Settings, Keys & IDs.", example="a UUID"),
            Setting(
                "ONESIGNAL_API_KEY",
                "The app's API key, from the same page.",
                secret=True,
                example="os_v2_app_…",
            ),
            Setting(
                "ONESIGNAL_API_URL",
                "Where OneSignal is.",
                needed=False,
                example="https://api.onesignal.com",
            ),
        ),
        promises=(
            "One call a push, to the customer's external id, made once.",
            "Every call carries a key made from the send id: OneSignal takes it once in 30 days.",
            "Accepted means status 200 with an id; an empty id means that nobody was there.",
        ),
        unknown_settles_by="Calling again with the same key.",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the connector; no connection is opened yet."""
        self.limits = given.limits(type(self).limits)
        self._clock = given.clock
        self._app = given.text("ONESIGNAL_APP_ID")
        try:
            uuid.UUID(self._app)
        except ValueError:
            raise ConnectorRefused(
                f'ONESIGNAL_APP_ID is "{self._app}", which is not a UUID. Copy it from Settings, '
                "Keys & IDs."
            ) from None
        url = given.text("ONESIGNAL_API_URL", "https://api.onesignal.com")
        host = checked_base_url("ONESIGNAL_API_URL", url)
        self._transport = Transport(timeout=self.limits.timeout, at_once=self.limits.at_once)
        client = ApiClient(Configuration(host=host, rest_api_key=given.text("ONESIGNAL_API_KEY")))
        client.rest_client = _PooledRest(self._transport)
        self._api = DefaultApi(client)

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Hand over each push by a call of its own."""
        return await send_each(messages, self._send_one)

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Ask for the user of this external id to be deleted, with all devices.

        Source: documentation.onesignal.com, "Delete user".
        """
        return await asked_to_forget(
            lambda: self._api.delete_user(
                self._app,
                "external_id",
                person.customer,
                _preload_content=False,
                _check_return_type=False,
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _send_one(self, message: Message) -> SendResult:
        if refusal := _refusal(message):
            return refusal
        # Without reading the answer into a model: its models reject what OneSignal adds.
        answer: Answer = await self._api.create_notification(
            self._notification(message), _preload_content=False, _check_return_type=False
        )
        return self._read(answer, message)

    def _notification(self, message: Message) -> Notification:
        words = {"contents": LanguageStringMap(en=message.text("text"))}
        if title := message.text("title"):
            words["headings"] = LanguageStringMap(en=title)
        return Notification(
            # Its own checks take 2 ms of every call; the types here are fixed.
            _check_type=False,
            app_id=self._app,
            include_aliases={"external_id": [message.address]},
            target_channel="push",
            idempotency_key=idempotency_key(message.send_id),
            **words,
        )

    def _read(self, answer: Answer, message: Message) -> SendResult:
        kept = raw(answer, [message.address])
        content = as_object(answer.body) or {}
        said = json.dumps(content.get("errors") or "", ensure_ascii=False)
        nobody = any(words in said.lower() for words in NOBODY_THERE)
        if answer.status == HTTPStatus.OK:
            notification = content.get("id")
            if not isinstance(notification, str):
                return without_proof(answer, message)
            # With an id as well, an invalid alias is the only one that we gave.
            if nobody:
                return Rejected(NOBODY_SUBSCRIBED, Remedy.NOT_SUBSCRIBED, kept)
            if notification:
                return Accepted(notification, kept)
            reason = shortened(f"OneSignal did not send it: {said}", [message.address])
            return Rejected(reason, Remedy.NONE, kept)
        if answer.status == HTTPStatus.BAD_REQUEST and nobody:
            return Rejected(NOBODY_SUBSCRIBED, Remedy.NOT_SUBSCRIBED, kept)
        reason = shortened(said, [message.address]) if content.get("errors") else ""
        if answer.status == HTTPStatus.BAD_REQUEST and NO_SUCH_APP in said.lower():
            return Rejected(reason, Remedy.STOP_CHANNEL, kept)
        return by_status(answer, self._clock(), [message.address], reason)


class _PooledRest:
    """Stands where the SDK's `rest_client` does, and carries its requests by our transport.

    The seam: the SDK builds address, headers and body, and calls `POST` last of all; what that
    gives, here something to await, it hands back untouched when told `_preload_content=False`.
    Its own pool waits for ever, follows redirects with the body, and prints answers when debugged.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def POST(  # noqa: N802 - the SDK's name
        self,
        url: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any],
        **_: Any,  # noqa: ANN401 - the SDK's other arguments
    ) -> Answer:
        """Carry one request of the SDK's."""
        content = json.dumps(body).encode()
        return await self._transport.call("POST", url, headers=headers, body=content)

    async def DELETE(  # noqa: N802 - the SDK's name
        self,
        url: str,
        headers: Mapping[str, str],
        **_: Any,  # noqa: ANN401 - the SDK's other arguments
    ) -> Answer:
        """Carry a request of the SDK's that has no body."""
        return await self._transport.call("DELETE", url, headers=headers)


def idempotency_key(send_id: str) -> str:
    """Give the key under which OneSignal takes a message once: equal for equal send ids."""
    return str(uuid.uuid5(KEYS, send_id))


def _refusal(message: Message) -> Rejected | None:
    if not _ALIAS.fullmatch(message.address):
        return Rejected("the address is not a customer's identifier", Remedy.SUPPRESS_ADDRESS)
    if not message.text("text").strip():
        return Rejected("the push has no words", Remedy.FIX_CONTENT)
    return None
