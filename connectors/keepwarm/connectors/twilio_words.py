"""Twilio's statuses and error codes, put into our words.

Source: twilio.com/docs, "Message resource" (statuses), "Error and Warning Dictionary" (codes).
Codes come and go, Twilio says: one that is not here is a failure that suppresses nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from keepwarm.engine.outcome import Remedy, Signal


class Meaning(StrEnum):
    """What a code says about the message."""

    #: Not taken, may be taken later.
    LATER = "later"
    #: May have been taken.
    DOUBTFUL = "doubtful"
    #: Taken or not, it will not arrive.
    REFUSED = "refused"
    #: Did not arrive this time; the address is good.
    SOFT = "soft"


CODES: Mapping[int, tuple[Meaning, Remedy]] = {
    429: (Meaning.LATER, Remedy.NONE),
    20003: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # wrong credentials
    20404: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # the account is not there
    20429: (Meaning.LATER, Remedy.NONE),  # "never processed, always safe to retry"
    20500: (Meaning.DOUBTFUL, Remedy.NONE),
    21211: (Meaning.REFUSED, Remedy.SUPPRESS_ADDRESS),  # not a telephone number
    21212: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # our own number is not one
    21265: (Meaning.REFUSED, Remedy.SUPPRESS_ADDRESS),  # a short code
    21408: (Meaning.REFUSED, Remedy.NONE),  # the country is not switched on
    21606: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # our number is not ours, or cannot text
    21608: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # a trial account and an unverified number
    21610: (Meaning.REFUSED, Remedy.OPT_OUT),  # answered STOP
    21611: (Meaning.LATER, Remedy.NONE),  # the queue of our number is full
    21612: (Meaning.REFUSED, Remedy.NONE),  # no road from our number to theirs
    21614: (Meaning.REFUSED, Remedy.SUPPRESS_ADDRESS),  # not a mobile number
    21617: (Meaning.REFUSED, Remedy.FIX_CONTENT),  # too long
    # Since July 2024 these say more closely what 21614 and 21606 said.
    21635: (Meaning.REFUSED, Remedy.SUPPRESS_ADDRESS),  # a landline
    21659: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # our number is none of Twilio's
    21660: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # our number belongs to another account
    21661: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # our number cannot text
    21701: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # the messaging service is not there
    21703: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # it has no number for this receiver, or none
    21704: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # it has no number at all
    21705: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # its name is none
    21730: (Meaning.LATER, Remedy.NONE),  # maintenance
    30001: (Meaning.SOFT, Remedy.NONE),  # queue overflow
    30002: (Meaning.REFUSED, Remedy.STOP_CHANNEL),  # account suspended
    30003: (Meaning.SOFT, Remedy.NONE),  # switched off or out of reach
    30005: (Meaning.REFUSED, Remedy.SUPPRESS_ADDRESS),  # unknown
    30006: (Meaning.REFUSED, Remedy.SUPPRESS_ADDRESS),  # a landline
    30007: (Meaning.REFUSED, Remedy.FIX_CONTENT),  # filtered by the carrier
    30008: (Meaning.SOFT, Remedy.NONE),  # unknown error
    30034: (Meaning.REFUSED, Remedy.FIX_CONTENT),  # from a number without A2P registration
}

#: Codes that stop the channel, unless other messages are taken: about one number, or about us all.
#: A short code, for one, texts its own country only.
PERHAPS_ALONE = frozenset({21606, 21608, 21659, 21703})

#: Every status that a message of ours can have.
STATUSES: Mapping[str, Signal] = {
    "accepted": Signal.QUEUED,
    "scheduled": Signal.QUEUED,
    "queued": Signal.QUEUED,
    "sending": Signal.QUEUED,
    "sent": Signal.SENT,
    "partially_delivered": Signal.SENT,
    "delivered": Signal.DELIVERED,
    "read": Signal.OPENED,
    "undelivered": Signal.SOFT_BOUNCED,
    "failed": Signal.REJECTED,
    "canceled": Signal.REJECTED,
}

#: The statuses of a message that will not arrive.
LOST = frozenset({"undelivered", "failed", "canceled"})


def signal_of(status: str, code: int | None) -> tuple[Signal, Remedy]:
    """Give what a status and its error code report."""
    signal = STATUSES.get(status, Signal.UNKNOWN)
    if status not in LOST or code is None:
        return signal, Remedy.NONE
    meaning, remedy = CODES.get(code, (Meaning.REFUSED, Remedy.NONE))
    if meaning is not Meaning.REFUSED:
        return Signal.SOFT_BOUNCED, Remedy.NONE
    if remedy is Remedy.SUPPRESS_ADDRESS:
        return Signal.BOUNCED, remedy
    return (signal if remedy is Remedy.NONE else Signal.REJECTED), remedy
