"""What came of a message: one vocabulary, whatever word the provider used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias


class MessageStatus(StrEnum):
    """Where a message stands. The last seven are the named ends of law 19."""

    QUEUED = "queued"
    #: Waits for quiet hours to end, or for a pause.
    HELD = "held"
    #: Claimed: the request may have left.
    SENDING = "sending"
    #: A provider proved that it took it.
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    #: The address may not be used: bounced, complained, opted out, erased.
    SUPPRESSED = "suppressed"
    #: A gate said no: no consent, capped, goal reached, shadow, holdout.
    SKIPPED = "skipped"
    EXPIRED = "expired"
    #: The request left and no answer came.
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Higher ranks win, so that call-backs in any order end in the same status."""
        return _RANK[self]

    @property
    def is_end(self) -> bool:
        """Whether the message needs nothing more from us (law 19)."""
        return self.rank > _RANK[MessageStatus.SENDING]


_RANK = {
    MessageStatus.QUEUED: 0,
    MessageStatus.HELD: 1,
    MessageStatus.SENDING: 2,
    MessageStatus.UNKNOWN: 3,
    MessageStatus.SENT: 4,
    MessageStatus.SKIPPED: 5,
    MessageStatus.EXPIRED: 5,
    MessageStatus.FAILED: 6,
    MessageStatus.DELIVERED: 7,
    MessageStatus.SUPPRESSED: 8,
}


class Remedy(StrEnum):
    """What a refusal asks of us."""

    #: Nothing: the message failed and that is all.
    NONE = "none"
    #: Never use this address on this channel again.
    SUPPRESS_ADDRESS = "suppress address"
    #: Nothing of the receiver's takes messages of this channel, until something does: not for good.
    NOT_SUBSCRIBED = "not subscribed"
    #: This receiver cannot be reached so at present, as where a mailbox is full: the address stays.
    NOT_NOW = "not now"
    #: The receiver opted out: suppress and record the withdrawal of consent.
    OPT_OUT = "opt out"
    #: Words or policy: stop this step and tell the owner.
    FIX_CONTENT = "fix content"
    #: Credentials or configuration: stop the whole channel and tell the operator.
    STOP_CHANNEL = "stop channel"


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Accepted:
    """The provider proved that it took the message, and named it."""

    provider_id: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class NotProcessed:
    """The provider certainly did not take it, and may take it later."""

    reason: str
    #: How long the provider asked us to wait; None leaves it to our own backoff.
    retry_after: timedelta | None = None
    raw: str = ""
    #: Whether nobody was there to take it, whichever message it had been.
    is_away: bool = False
    #: Whether it is for this receiver alone that it was not taken, as where a mailbox is full.
    is_of_the_receiver: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider certainly did not take it, and never will."""

    reason: str
    remedy: Remedy = Remedy.NONE
    raw: str = ""
    #: Whether it may be this message alone that is refused, although it reads as if all were: what
    #: it says of credentials counts once others are refused too.
    perhaps_alone: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have been taken: no answer, a broken one, or one that proves nothing."""

    reason: str
    raw: str = ""


SendResult: TypeAlias = Accepted | NotProcessed | Rejected | Unknown


class Signal(StrEnum):
    """What a provider's call-back reports about a message, in our words."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    #: For good: the address does not exist.
    BOUNCED = "bounced"
    #: For this message: full, blocked, switched off; the address is good.
    SOFT_BOUNCED = "soft bounced"
    REJECTED = "rejected"
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    #: A word of the provider's that our table does not have.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that a provider's call-back said about one message."""

    signal: Signal
    #: The provider's own moment, aware UTC.
    at: datetime
    #: The same thing reported twice has the same key.
    dedupe_key: str
    #: Our name for the message; None is a message that is not ours.
    send_id: str | None = None
    #: The provider's name for it: another one than we were told says that it is not ours.
    provider_id: str | None = None
    reason: str = ""
    #: The provider's own word.
    word: str = ""
    #: Made by a machine (a mail scanner, a privacy proxy), not by a person (law 28).
    by_machine: bool = False
    remedy: Remedy = Remedy.NONE
    raw: str = ""


@dataclass(frozen=True, slots=True)
class TextReceived:
    """A text that a customer sent to one of our numbers."""

    sender: str
    receiver: str
    body: str
    at: datetime
    dedupe_key: str
    #: What the provider itself made of it (`STOP`, `START`, `HELP`), if it answered already.
    provider_took_it_as: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """All that one verified call-back brought."""

    reports: tuple[Report, ...] = ()
    texts: tuple[TextReceived, ...] = field(default=())
