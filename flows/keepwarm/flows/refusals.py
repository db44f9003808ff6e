"""Refusals: of what ends as failed for a reason that is not the receiver's, the owner is told.

An address that is none, a full mailbox or an opt-out is recorded and told to nobody. All else (a
sender that is not verified, a channel that the bot is not in, a day without a mail server) would go
on failing in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from keepwarm.engine.outcome import NotProcessed, Rejected, Remedy
from keepwarm.engine.plan import Plan
from keepwarm.flows.notices import tell_owner
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel, counted_messages
from keepwarm.store.connection import Connection
from keepwarm.store.intents import Intent

#: Of one person; a provider's other words may be about everybody.
_OF_THE_RECEIVER: Final = frozenset(
    {Remedy.SUPPRESS_ADDRESS, Remedy.NOT_SUBSCRIBED, Remedy.NOT_NOW, Remedy.OPT_OUT}
)
#: So much of a reason tells it from others: what comes after it is often the name of one message.
_BEGINNING: Final = 24
_MOST_SIGNS: Final = 200


def tell_of_failures(
    cx: Connection,
    system: System,
    channel: Channel,
    failed: Iterable[tuple[Intent, NotProcessed | Rejected]],
    now: datetime,
) -> None:
    """Tell owners what of theirs was refused for good, or offered in vain for a day."""
    reasons = Counter(
        (intent.version_id, result.reason)
        for intent, result in failed
        if not is_of_the_receiver(result)
    )
    for (version_id, reason), count in reasons.items():
        plan = system.shelf.version(cx, version_id).plan
        tell_of_refusal(cx, system, plan, channel, reason, now, count=count)


def is_of_the_receiver(result: NotProcessed | Rejected) -> bool:
    """Tell whether a message failed because this person cannot be reached so, or does not want to.

    A step's next way (`or_else`) may be open then.
    """
    match result:
        case Rejected():
            return result.remedy in _OF_THE_RECEIVER
        case NotProcessed():
            return result.is_of_the_receiver


def tell_of_refusal(
    cx: Connection,
    system: System,
    plan: Plan,
    channel: Channel,
    reason: str,
    now: datetime,
    *,
    count: int = 1,
) -> None:
    """Tell an owner why messages fail; the same is told once a day."""
    key = f"failed {plan.playbook} {channel} {now:%Y-%m-%d} {reason[:_BEGINNING]}"
    it, is_it = ("It is", "It") if count == 1 else ("They are", "Each")
    words = (
        f"{counted_messages(channel, count)} ended as failed: {reason[:_MOST_SIGNS].rstrip('.')}."
        f" {it} not sent again. {is_it} stands in the outbox with its reason; more of the same kind"
        " are not told of today."
    )
    tell_owner(cx, system, plan, key, words)
