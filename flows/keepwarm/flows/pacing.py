"""Pacing: messages of a claimed chunk that one destination takes in the next moments."""

from __future__ import annotations

from datetime import datetime, timedelta

from keepwarm.connectors.contract import Connector, destination
from keepwarm.flows.calling import AHEAD, Turn
from keepwarm.flows.system import System
from keepwarm.store.claims import Claim, move_messages
from keepwarm.store.connection import Connection
from keepwarm.store.intents import Intents
from keepwarm.store.paces import book, hold_pace, rests_until


def part_ways(
    cx: Connection,
    system: System,
    claim: Claim,
    connector: Connector,
    intents: Intents,
    now: datetime,
) -> tuple[str, Intents]:
    """Give one destination and the messages that go there; others get chunks of their own.

    So none waits for an answer that another destination owes, and each has its own circuit.
    """
    if not connector.limits.by_host or not intents:
        return connector.name, intents
    ways: dict[str, list[int]] = {}
    for place, address in enumerate(intents.column("address")):
        ways.setdefault(destination(connector, address), []).append(place)
    (mine, staying), *others = ways.items()
    for _, places in others:
        leaving = intents.some(places)
        priority = system.shelf.version(cx, leaving[0].version_id).plan.priority
        move_messages(cx, claim, leaving.column("id"), now, priority=priority)
    return mine, intents.some(staying)


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
    intents: Intents,
    now: datetime,
) -> tuple[Intents, Turn]:
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
        ids = waiting.column("id")
        move_messages(cx, claim, ids, max(free_at, now + timedelta(seconds=1)), priority=priority)
    return intents[:many], Turn(begins, per_second)


def book_turn(cx: Connection, towards: str, turn: Turn, many: int) -> None:
    """Book the time that so many messages take; what gates held or refused takes none."""
    if turn.per_second is not None and many:
        book(cx, towards, turn.moment(many))
