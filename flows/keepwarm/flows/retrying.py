"""Retrying: how often and how soon a message that was certainly not taken is offered again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from keepwarm.engine.draws import share_of
from keepwarm.engine.outcome import NotProcessed, Rejected, Remedy, SendResult
from keepwarm.flows.pauses import doubled_pause
from keepwarm.store.intents import Intent
from keepwarm.store.paces import LONGEST

#: How often a message is offered that was certainly not taken: for a day, so that a provider, a
#: network or a name server may be away over a night. Its gates are asked anew each time.
_TRIES: Final = 31
#: How often one that may be refused for itself.
_TRIES_OF_A_SUSPECT: Final = 8
_FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = LONGEST
#: How soon a message is looked at again that a stopped destination did not take.
AFTER_A_STOP: Final = timedelta(minutes=1)


def is_last_try(intent: Intent) -> bool:
    """Tell whether the present attempt is the last of a message that may be refused for itself."""
    return intent.attempt + 1 >= _TRIES_OF_A_SUSPECT


def pause_before(intent: Intent, result: SendResult, *, is_stopped: bool) -> timedelta | None:
    """Give how long to wait before the next attempt; None when there is none.

    As long as the provider asks, or twice as long each time. What a stopped destination did not
    take waits until it goes on.
    """
    match result:
        case Rejected(remedy=Remedy.STOP_CHANNEL, perhaps_alone=False):
            return AFTER_A_STOP
        case Rejected(remedy=Remedy.STOP_CHANNEL) if is_stopped or not is_last_try(intent):
            # Longer each time, so that others are tried too and not always the one that is refused.
            return max(AFTER_A_STOP, _own_pause(intent))
        case NotProcessed() if is_stopped or intent.attempt + 1 < _TRIES:
            asked = min(result.retry_after or timedelta(), LONGEST_PAUSE)
            return max(_own_pause(intent), asked)
        case _:
            return None


def _own_pause(intent: Intent) -> timedelta:
    return doubled_pause(_FIRST_PAUSE, intent.attempt, LONGEST_PAUSE)


def with_jitter(intent: Intent, wanted: timedelta) -> timedelta:
    """Give a pause, longer by up to a tenth: for all messages of a chunk that wait alike the same.

    A pause for each would leave every message in a chunk of its own after a few, and a provider
    that is back would get a million calls for a million messages, where a thousand do.
    """
    jitter = share_of("retry", f"{intent.run_id}/{intent.attempt}")
    return wanted + timedelta(seconds=int(wanted.total_seconds() * 0.1 * jitter))
