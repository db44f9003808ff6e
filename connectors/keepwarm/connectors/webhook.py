"""A call to a server of somebody's choice, signed by Standard Webhooks.

The address may come from ops staff, so it is trusted with nothing: https only, public addresses
only, no redirect, a short answer. Source: standardwebhooks.com, the specification.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from standardwebhooks import Webhook as Signer

from keepwarm.connectors.answers import by_status, raw, send_each
from keepwarm.connectors.contract import ConnectorRefused, Limits
from keepwarm.connectors.public_addresses import is_loopback, is_public, problem_with_url
from keepwarm.connectors.settings import About, Setting, Surroundings
from keepwarm.connectors.transport import Transport
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Accepted, Rejected, Remedy, SendResult

LARGEST_ANSWER_BYTES = 64 * 1024
SHORTEST_SECRET_BYTES = 24
SECRET = "WEBHOOK_SECRET"  # noqa: S105 - a setting's name

_HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)


class Webhook:
    """Posts JSON to a URL, once, signed; the receiver drops what it has seen by `webhook-id`."""

    name = "webhook"
    channels = frozenset({Channel.WEBHOOK})
    limits = Limits(batch=1, at_once=20, idempotent=True, by_host=True)
    about = About(
        title="Webhook",
        settings=(
            Setting(
                "WEBHOOK_SECRET",
                "The secret that signs every call: whsec_ and at least 24 bytes in base64.",
                secret=True,
                example="whsec_$(openssl rand -base64 32)",
            ),
            Setting(
                "WEBHOOK_SECRET_<NAME>",
                "The secret of one receiver, used instead for messages whose webhook has that "
                "name (capital letters, - as _).",
                needed=False,
                secret=True,
            ),
            Setting(
                "WEBHOOK_PORTS",
                "The ports that may be called.",
                needed=False,
                example="443,8443",
            ),
            Setting(
                "WEBHOOK_ALLOW_LOOPBACK",
                "`true` lets calls go to this machine over plain http. For tests only.",
                needed=False,
            ),
        ),
        promises=(
            "Goes over https to public addresses only, judged when the socket is made.",
            "Follows no redirect and reads at most 64 KB of an answer.",
            "Accepted means an answer of the 2xx kind.",
            "Each host is a receiver of its own: one that refuses us or is down stops no other.",
            "`webhook-id` is the send id, equal over every repetition, and signed with the body.",
        ),
        unknown_settles_by="Calling again: the receiver knows the call by its webhook-id.",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the connector; no connection is opened yet."""
        self.limits = given.limits(type(self).limits)
        self._clock = given.clock
        self._signers = {
            name: _signer(name, secret.strip())
            for name, secret in given.settings.items()
            if name == SECRET or (name.startswith(f"{SECRET}_") and secret.strip())
        }
        self._loopback = given.is_on("WEBHOOK_ALLOW_LOOPBACK")
        self._ports = _ports(given.text("WEBHOOK_PORTS", "443"))
        self._transport = Transport(
            timeout=self.limits.timeout,
            at_once=self.limits.at_once,
            largest_answer_bytes=LARGEST_ANSWER_BYTES,
            may_connect=self._may_connect,
        )

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Post each message by a call of its own."""
        return await send_each(messages, self._send_one)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _send_one(self, message: Message) -> SendResult:
        body = message.text("body")
        if refusal := self._refusal(message, body):
            return refusal
        now = self._clock()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Keepwarm",
            "webhook-id": message.send_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer_for(message).sign(message.send_id, now, body),
        }
        answer = await self._transport.call(
            "POST", message.address, headers=headers, body=body.encode()
        )
        kept = raw(answer, [message.address])
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return Accepted(f"webhook:{message.send_id}", kept)
        if answer.status == HTTPStatus.GONE:
            # By the specification: the receiver wants no more calls at this address.
            return Rejected("the receiver wants no more calls", Remedy.SUPPRESS_ADDRESS, kept)
        result = by_status(answer, now, [message.address])
        if isinstance(result, Rejected) and result.remedy is Remedy.STOP_CHANNEL:
            # A receiver may know rights for each customer: one such answer says nothing about us.
            return replace(result, perhaps_alone=True)
        return result

    def _refusal(self, message: Message, body: str) -> Rejected | None:
        if problem := problem_with_url(message.address, self._ports, loopback=self._loopback):
            return Rejected(problem, Remedy.FIX_CONTENT)
        if not _HEADER_SAFE.fullmatch(message.send_id):
            return Rejected("the send id cannot stand in a header", Remedy.FIX_CONTENT)
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return Rejected("the body is not JSON", Remedy.FIX_CONTENT)
        return None

    def _signer_for(self, message: Message) -> Signer:
        name = message.extra.get("webhook", "").upper().replace("-", "_")
        return self._signers.get(f"{SECRET}_{name}") or self._signers[SECRET]

    def _may_connect(self, address: str) -> bool:
        return is_public(address) or (self._loopback and is_loopback(address))


def _signer(setting: str, secret: str) -> Signer:
    try:
        signer = Signer(secret)
    except Exception as error:  # the SDK raises its own kinds and those of base64
        raise ConnectorRefused(_bad_secret(setting)) from error
    if not secret.startswith("whsec_") or len(secret) < SHORTEST_SECRET_BYTES * 4 // 3:
        raise ConnectorRefused(_bad_secret(setting))
    return signer


def _bad_secret(setting: str) -> str:
    return (
        f"{setting} is not a secret for Standard Webhooks: whsec_ and at least "
        f"{SHORTEST_SECRET_BYTES} random bytes in base64. "
        f'Make one: export {setting}="whsec_$(openssl rand -base64 32)"'
    )


def _ports(text: str) -> frozenset[int]:
    pieces = [piece.strip() for piece in text.split(",")]
    if not all(piece.isascii() and piece.isdigit() for piece in pieces):
        raise ConnectorRefused(f'WEBHOOK_PORTS is "{text}". Use numbers with commas: 443,8443')
    return frozenset(int(piece) for piece in pieces)
