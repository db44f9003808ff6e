"""What every connector promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Received, SendResult


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider takes. Figures are the provider's documented ones."""

    #: How many messages with the same content one call may carry.
    batch: int = 1
    #: How many calls may be under way at once from one process.
    at_once: int = 20
    #: How many messages a second the provider takes; None where it publishes none.
    per_second: float | None = None
    #: How long one call may take before its outcome counts as unknown.
    timeout: timedelta = timedelta(seconds=15)
    #: Whether the provider drops a repeated call with the same key, so that an unknown outcome
    #: is settled by calling again.
    idempotent: bool = False
    #: Whether the message is taken inside this process and nothing leaves it, so that the commit
    #: that records the acceptance is the acceptance. Nobody asks for it by a name later.
    transactional: bool = False
    #: Whether the host of every address is a receiver of its own, so that one that refuses us, or
    #: does not answer, says nothing of the others.
    by_host: bool = False


class Connector(Protocol):
    """A road to a provider. It sends what it is given, once, and says what came of it."""

    #: The name in configuration and in the ledger, such as `sendgrid`.
    name: str
    channels: frozenset[Channel]
    limits: Limits

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Hand over messages that share one content (at most `limits.batch`), in one call.

        Gives one result a message, in the same order. Never retries, never raises for what a
        provider or network did, never logs an address, a body or a key.
        """

    async def close(self) -> None:
        """Let go of connections."""


def destination(connector: Connector, address: str | None) -> str:
    """Name whom a message reaches: the connector's provider, or one host of it.

    What is refused there, or asked to wait, is refused and asked by it alone.
    """
    if not connector.limits.by_host or not address:
        return connector.name
    try:
        return f"{connector.name}:{urlsplit(address).netloc.rpartition('@')[2].lower()}"
    except ValueError:  # no URL at all: the connector refuses it
        return connector.name


@runtime_checkable
class Settles(Protocol):
    """A connector that can look up whether a message with an unknown outcome was taken."""

    async def look_up(self, message: Message, sent_after: datetime) -> SendResult | None:
        """Tell what came of the message, or None while the provider cannot say either."""


@runtime_checkable
class Listens(Protocol):
    """A connector whose provider calls back."""

    def receive(
        self, url: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Received | None:
        """Verify and read one call-back; None when it is not proved to come from the provider.

        `url` is the public address as the provider called it, `headers` have lower-case names,
        `body` is the raw body. Any doubt, any broken input gives None; it never raises.
        """


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Whom a provider should forget: all by which it may know them."""

    #: The company's own identifier.
    customer: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    #: What the provider called the messages that it took for them.
    provider_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forgot:
    """The provider took the wish, or had nothing to forget."""

    #: What it called the wish, and what it said besides; nothing personal.
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """The provider did not take the wish; it is asked again."""

    reason: str


@runtime_checkable
class Forgets(Protocol):
    """A connector whose provider can be asked to forget somebody."""

    name: str

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Ask the provider to forget a person; asking twice does no harm. Never raises."""

    async def close(self) -> None:
        """Let go of connections."""


def forgetful(
    connectors: Iterable[Connector], besides: Mapping[str, Forgets]
) -> Mapping[str, Forgets]:
    """Give all whose providers can be asked to forget somebody, by name."""
    return {**besides, **{one.name: one for one in connectors if isinstance(one, Forgets)}}


class ConnectorRefused(Exception):
    """A connector cannot be made from its settings; says which setting and how to mend."""
