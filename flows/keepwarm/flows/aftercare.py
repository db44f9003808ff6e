"""What a refusal asks of us: another way, a suppression, a stopped channel."""

from __future__ import annotations

from datetime import datetime

from keepwarm.engine.deciding import message_by
from keepwarm.engine.outcome import Rejected, Remedy
from keepwarm.engine.plan import Send
from keepwarm.engine.run import Memory
from keepwarm.flows.system import System
from keepwarm.flows.telling import tell_operators
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.circuits import close_circuit, open_circuit, try_at_once
from keepwarm.store.claims import Intent
from keepwarm.store.connection import Connection
from keepwarm.store.people import (
    ALL,
    Consent,
    Suppression,
    SuppressionReason,
    record_consents,
    suppress,
)
from keepwarm.store.queueing import ChunkFiller, queue_messages


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
    """Do what a provider's refusal asks for."""
    match refusal.remedy:
        case Remedy.SUPPRESS_ADDRESS if channel in CUSTOMER_CHANNELS:
            hashed = address_hash(system.pepper, channel, address)
            invalid = SuppressionReason.INVALID
            suppress(cx, [Suppression(channel, hashed, invalid, now, refusal.reason)])
        case Remedy.OPT_OUT if channel in CUSTOMER_CHANNELS:
            hashed = address_hash(system.pepper, channel, address)
            opted_out = SuppressionReason.OPTED_OUT
            suppress(cx, [Suppression(channel, hashed, opted_out, now, refusal.reason)])
            withdrawal = Consent(customer_id, channel, ALL, allowed=False, source=connector, at=now)
            record_consents(cx, [withdrawal], now)
        case Remedy.STOP_CHANNEL:
            _stop(cx, system, channel, connector, refusal.reason, now)
        case _:
            pass


def _stop(
    cx: Connection, system: System, channel: Channel, connector: str, reason: str, now: datetime
) -> None:
    """Stop a connector, and tell those who can mend it the first time."""
    if open_circuit(cx, connector, reason, now):
        words = (
            f"{connector} is stopped, and its messages wait: {reason}. Mend its settings and start"
            f" Keepwarm again, or type `keepwarm connectors --try {connector}`; one message is"
            f" tried every few minutes."
        )
        tell_operators(cx, system, channel, f"stopped {connector} {now:%Y-%m-%dT%H:%M}", words)


def go_on(cx: Connection, system: System, channel: Channel, connector: str, now: datetime) -> None:
    """Let a stopped connector be used again, and tell those who heard that it was stopped."""
    if close_circuit(cx, connector):
        words = f"{connector} works again, and what waited for it goes out."
        tell_operators(cx, system, channel, f"goes on {connector} {now:%Y-%m-%dT%H:%M}", words)


def try_what_stopped(system: System) -> int:
    """Try connectors that stopped at once: keys change with a new start, since they are settings.

    Gives how many are stopped.
    """
    with system.database.writing() as cx:
        return try_at_once(cx, system.clock())
