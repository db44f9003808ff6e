"""What a refusal asks of us: another way, a suppression, a withdrawal of consent."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from keepwarm.engine.deciding import message_by
from keepwarm.engine.outcome import Rejected, Remedy
from keepwarm.engine.plan import Send
from keepwarm.engine.run import Memory
from keepwarm.flows.system import System
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.connection import Connection
from keepwarm.store.intents import Intent
from keepwarm.store.people import (
    ALL,
    Consent,
    Suppression,
    SuppressionReason,
    record_consents,
    suppress,
)
from keepwarm.store.queueing import ChunkFiller, queue_messages

#: What a refusal says of the address.
_SUPPRESSED_FOR: Final = {
    Remedy.SUPPRESS_ADDRESS: SuppressionReason.INVALID,
    Remedy.NOT_SUBSCRIBED: SuppressionReason.NOT_SUBSCRIBED,
    Remedy.OPT_OUT: SuppressionReason.OPTED_OUT,
}


def try_another_way(cx: Connection, system: System, intent: Intent, now: datetime) -> bool:
    """Queue the step's next way (`or_else`), if it has one."""
    plan = system.shelf.version(cx, intent.version_id).plan
    step = plan.steps[intent.step]
    following = intent.part + 1
    if not isinstance(step, Send) or following >= len(step.ways):
        return False
    memory = Memory(offer=intent.words.get("offer"))
    message = message_by(plan, intent.step, following, now, memory)
    filler = ChunkFiller(cx, intent.playbook, plan.priority, now)
    queue_messages(cx, filler, message, [intent.run_id])
    return True


def heed(
    cx: Connection,
    system: System,
    channel: Channel,
    customer_id: int,
    address: str,
    connector: str,
    refusal: Rejected,
    now: datetime,
) -> None:
    """Do what a provider's refusal asks for about the person; circuits are another matter."""
    reason = _SUPPRESSED_FOR.get(refusal.remedy)
    if reason is None or channel not in CUSTOMER_CHANNELS:
        return
    hashed = address_hash(system.pepper, channel, address)
    suppress(cx, [Suppression(channel, hashed, reason, now, refusal.reason)])
    if reason is SuppressionReason.OPTED_OUT:
        withdrawal = Consent(customer_id, channel, ALL, allowed=False, source=connector, at=now)
        record_consents(cx, [withdrawal], now)
