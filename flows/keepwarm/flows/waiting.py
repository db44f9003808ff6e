"""Waiting for a destination: chunks that cannot go are given back whole, and put off together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keepwarm.connectors.contract import Connector
from keepwarm.engine.gates import Hold, paused_for
from keepwarm.engine.outcome import MessageStatus
from keepwarm.flows.pacing import rest_of
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.circuits import open_circuits
from keepwarm.store.claims import (
    Claim,
    OutcomeNote,
    append_outcomes,
    claim_chunk,
)
from keepwarm.store.connection import Connection
from keepwarm.store.intents import Intent
from keepwarm.store.waiting import stop_waiting, wait_for, wait_on


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when a destination takes nothing, and what holds its messages if it is stopped."""

    now: datetime
    until: datetime
    hold: Hold | None = None


def claim_what_may_go(
    cx: Connection, system: System, now: datetime, playbook: str, channel: str | None
) -> Claim | None:
    """Claim a chunk that is due and does not wait for a destination that takes nothing yet."""
    while (claim := claim_chunk(cx, system.worker, now, playbook, channel)) is not None:
        if claim.waits_for is None:
            return claim
        connector = system.connectors[Channel(claim.channel)]
        wait = wait_of(cx, connector, claim.waits_for, now)
        if wait is None:
            stop_waiting(cx, claim)
            return claim
        wait_on(cx, claim, claim.waits_for, wait.until, now)
    return None


def wait_of(cx: Connection, connector: Connector, destination: str, now: datetime) -> Wait | None:
    """Tell until when a destination takes nothing; None when it may be used, or be tried."""
    if connector.limits.transactional:
        return None  # it is inside this process
    circuit = open_circuits(cx).get(destination)
    if circuit is not None and circuit.try_at > now:
        return Wait(now, circuit.try_at, paused_for(circuit.reason))
    until = rest_of(cx, connector, destination, now)
    return None if until is None else Wait(now, until)


def give_back(
    cx: Connection, claim: Claim, destination: str, wait: Wait, intents: Sequence[Intent]
) -> None:
    """Give a chunk back of which nothing came to its end, and note what holds its messages."""
    if wait.hold is not None:
        held, reason = MessageStatus.HELD, wait.hold.reason
        notes = [OutcomeNote(each.id, each.attempt, held, reason) for each in intents]
        append_outcomes(cx, notes, wait.now)
    wait_for(cx, claim, destination, wait.until)
