"""Facts of things of which a customer may have several: those of the one that counts are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from keepwarm.flows.reading_arrivals import ToldProfile
from keepwarm.store.connection import Connection
from keepwarm.store.customers import keys_made
from keepwarm.store.things_told import ThingTold, facts_that_count


def those_that_count(
    cx: Connection, told: Sequence[tuple[str, ToldProfile]], now: datetime
) -> list[tuple[str, ToldProfile]]:
    """Give what was told, with the facts of each customer's thing that counts once it is told.

    They need not be put in order any more: of each thing it is known when it was told last.
    """
    of_things = [(who, each, each.thing) for who, each in told if each.thing is not None]
    if not of_things:
        return list(told)
    keys, _ = keys_made(cx, [who for who, _, _ in of_things], now)
    tellings = [
        ThingTold(keys[who], each.source, *thing, each.at, each.attributes)
        for who, each, thing in of_things
    ]
    facts = iter(facts_that_count(cx, tellings))
    return [
        (who, replace(each, attributes=next(facts), is_in_order=True) if each.thing else each)
        for who, each in told
    ]
