"""When a message that was held is looked at again, and when its end came late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.draws import share_of
from keepwarm.engine.gates import Hold

#: Messages that were held for one moment are released over this time.
_RELEASE_OVER: Final = timedelta(minutes=10)
_RELEASE_PARTS: Final = 10
#: How soon messages are looked at again that a pause holds.
_LOOK_AGAIN: Final = timedelta(minutes=1)
#: A message that ends so much later than it was queued moves the wait that follows it.
_LATE: Final = timedelta(minutes=1)


def released_at(hold: Hold, message: str, now: datetime) -> datetime:
    """Give when a held message is looked at again, spread out so that a night does not burst.

    `message` names the message, so that a replay gives it the same minute.
    """
    if hold.until is None:
        return now + _LOOK_AGAIN
    part = int(share_of("release", message) * _RELEASE_PARTS)
    return hold.until + part * (_RELEASE_OVER / _RELEASE_PARTS)


def message_name(customer: str, playbook: str, step: int, part: int) -> str:
    """Name a message by what it is, whatever row it lies in."""
    return f"{customer}/{playbook}/{step}/{part}"


def ended_late(queued_at: datetime, now: datetime) -> bool:
    """Tell whether a message that ends now moves the wait that follows it."""
    return now - queued_at > _LATE
