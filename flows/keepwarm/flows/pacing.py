"""Pacing: messages of a claimed chunk that one destination takes in the next moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from keepwarm.connectors.contract import Connector, destination
from keepwarm.flows.calling import AHEAD, Turn
from keepwarm.flows.system import System
from keepwarm.store.claims import Claim, Intent, move_messages
from keepwarm.store.connection import Connection
from keepwarm.store.paces import book, hold_pace, rests_until


def part_ways(
    cx: Connection,
    system: System,
    claim: Claim,
    connector: Connector,
    intents: Sequence[Intent],
    now: datetime,
) -> tuple[str, Sequence[Intent]]:
    """Give one destination and the messages that go there; others get chunks of their own.

    So none waits for an answer that another destination owes, and each has its own circuit.
    """
    if not connector.limits.by_host or not intents:
        return connector.name, intents
    ways: dict[str, list[Intent]] = {}
    for intent in intents:
        ways.setdefault(destination(connector, intent.address), []).append(intent)
    (mine, staying), *others = ways.items()
    for _, leaving in others:
        priority = system.shelf.version(cx, leaving[0].version_id).plan.priority
        move_messages(cx, claim, [intent.id for intent in leaving], now, priority=priority)
    return mine, staying


def rest_of(
    cx: Connection, connector: Connector, destination: str, now: datetime
) -> datetime | None:
    """Tell when a destination takes the next message, if no worker may book its time yet."""
    ahead = timedelta() if connector.limits.per_second is None else AHEAD
    begins = rests_until(cx, destination, now)
    return begins if begins > now + ahead else None


def take_turn(
    cx: Connection,
    system: System,
    claim: Claim,
    connector: Connector,
    towards: str,
    intents: Sequence[Intent],
    now: datetime,
) -> tuple[Sequence[Intent], Turn]:
    """Give the messages that may leave soon, and when; the others wait in a chunk of their own."""
    per_second = connector.limits.per_second
    if not intents or connector.limits.transactional:
        return intents, Turn(now)
    if per_second is None:
        begins = rests_until(cx, towards, now)
        many = len(intents) if begins <= now else 0
        free_at = begins
    else:
        begins = hold_pace(cx, towards, now)
        seconds = max(0.0, (now + AHEAD - begins).total_seconds())
        many = min(len(intents), int(seconds * per_second))
        free_at = begins + timedelta(seconds=max(many, 1) / per_second)
    waiting = intents[many:]
    if waiting:
        priority = system.shelf.version(cx, waiting[0].version_id).plan.priority
        ids = [intent.id for intent in waiting]
        move_messages(cx, claim, ids, max(free_at, now + timedelta(seconds=1)), priority=priority)
    return intents[:many], Turn(begins, per_second)


def book_turn(cx: Connection, towards: str, turn: Turn, many: int) -> None:
    """Book the time that so many messages take; what gates held or refused takes none."""
    if turn.per_second is not None and many:
        book(cx, towards, turn.moment(many))
