"""Customers who subscribed: pushes go out to them again."""

from __future__ import annotations

from collections.abc import Iterable

from keepwarm.flows.reading_arrivals import ToldProfile
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.addresses import address_hash
from keepwarm.store.connection import Connection
from keepwarm.store.people import lift_for_subscribers


def lift_for_those_who_subscribed(
    cx: Connection, system: System, told: Iterable[tuple[str, ToldProfile]]
) -> None:
    """Let customers get pushes again of whom a device that takes them is told.

    An opt-out, an erasure and an identifier that is none stay. That pushes are allowed lifts
    nothing: sources tell it again and again, of customers who have no device.
    """
    subscribed = {who for who, each in told if each.takes_pushes}
    if subscribed:
        hashes = sorted(address_hash(system.pepper, Channel.PUSH, who) for who in subscribed)
        lift_for_subscribers(cx, Channel.PUSH, hashes)
