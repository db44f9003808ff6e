"""What sources told of things of which a customer may have several, such as subscriptions.

A customer has one attribute for them all. It is that of the thing that counts: what is in force
goes before what is to end, that before what is over, and of equals the one that was told last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.facts import Value
from keepwarm.store.bulk import json_text
from keepwarm.store.ids import id_list, in_ids, json_parameter
from keepwarm.store.moments import from_micros, to_micros

Facts: TypeAlias = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class ThingTold:
    """What a source told of one thing of a customer's, as of a moment."""

    customer_id: int
    source: str
    #: The source's own name for it.
    thing: str
    #: The higher, the sooner it counts.
    standing: int
    at: datetime
    facts: Facts


def facts_that_count(cx: Connection, told: Sequence[ThingTold]) -> list[Facts]:
    """Keep what was told, and give after each what is known of its customer now.

    What is older of a thing and comes later changes nothing. What only other things told is
    nothing.
    """
    known = _known(cx, sorted({each.customer_id for each in told}))
    found: list[Facts] = []
    changed: dict[tuple[int, str, str], ThingTold] = {}
    for each in told:
        things = known.setdefault((each.customer_id, each.source), {})
        before = things.get(each.thing)
        if before is None or before.at <= each.at:
            things[each.thing] = each
            changed[each.customer_id, each.source, each.thing] = each
        # Of what was told as of the same moment, that which came last.
        counts = max(things.values(), key=lambda one: (one.standing, one.at, one is each))
        nothing = dict.fromkeys(name for one in things.values() for name in one.facts)
        found.append({**nothing, **counts.facts})
    _keep(cx, list(changed.values()))
    return found


def _known(cx: Connection, ids: Sequence[int]) -> dict[tuple[int, str], dict[str, ThingTold]]:
    rows = cx.execute(
        text(
            "SELECT customer_id, source, thing, standing, at, CAST(facts AS TEXT) FROM thing_told"
            f" WHERE customer_id {in_ids(cx)} ORDER BY customer_id, source, thing"
        ).bindparams(id_list(cx, ids))
    )
    known: dict[tuple[int, str], dict[str, ThingTold]] = {}
    for customer, source, thing, standing, at, facts in rows:
        told = ThingTold(customer, source, thing, standing, from_micros(at), orjson.loads(facts))
        known.setdefault((customer, source), {})[thing] = told
    return known


def _keep(cx: Connection, told: Sequence[ThingTold]) -> None:
    if not told:
        return
    rows = [
        {
            "customer_id": one.customer_id,
            "source": one.source,
            "thing": one.thing,
            "standing": one.standing,
            "at": to_micros(one.at),
            "facts": json_text(one.facts),
        }
        for one in sorted(told, key=lambda one: (one.customer_id, one.source, one.thing))
    ]
    values = f"(:customer_id, :source, :thing, :standing, :at, {json_parameter(cx, 'facts')})"
    cx.execute(text(f"{_INSERT} VALUES {values} {_LATER}"), rows)


def merge_things_told(cx: Connection, kept: int, gone: int) -> None:
    """Let the things of one customer be those of another, who is the same."""
    select = "SELECT CAST(:kept AS BIGINT), source, thing, standing, at, facts FROM thing_told"
    values = {"kept": kept, "gone": gone}
    cx.execute(text(f"{_INSERT} {select} WHERE customer_id = :gone {_LATER}"), values)
    cx.execute(text("DELETE FROM thing_told WHERE customer_id = :gone"), {"gone": gone})


_INSERT: Final = "INSERT INTO thing_told (customer_id, source, thing, standing, at, facts)"
_LATER: Final = (
    "ON CONFLICT (customer_id, source, thing) DO UPDATE SET standing = excluded.standing,"
    " at = excluded.at, facts = excluded.facts WHERE excluded.at >= thing_told.at"
)
