"""Scores: computed anew for all customers, and kept as facts that conditions may ask about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from keepwarm.engine.ticking import latest_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.system import System
from keepwarm.insight.scoring import compute_score
from keepwarm.schema.catalog import Score
from keepwarm.schema.phrases import EveryDay
from keepwarm.store.scores import read_orders, write_scores
from keepwarm.store.ticks import take_tick

#: When scores are computed anew each day, in UTC, and the name under which that is remembered.
_EVERY_DAY = EveryDay(time(3))
_TICK = "* scores"


def compute_scores_daily(system: System) -> Mapping[str, int]:
    """Compute every score once a day, by whichever process comes first."""
    with system.database.writing() as cx:
        tick = latest_tick(_EVERY_DAY, system.clock(), zone_named("UTC"))
        is_ours = take_tick(cx, _TICK, tick)
    return compute_scores(system) if is_ours else {}


def compute_scores(system: System) -> Mapping[str, int]:
    """Compute every score that a live playbook's catalog declares; give name -> customers."""
    now = system.clock()
    counts: dict[str, int] = {}
    for score in _declared(system).values():
        with system.database.reading() as cx:
            orders = read_orders(cx, score.event, score.amount, now)
        values = compute_score(score, orders)
        with system.database.writing(durable=False) as cx:
            counts[score.name] = write_scores(cx, score.name, orders.customer_ids, values, now)
    return counts


def _declared(system: System) -> Mapping[str, Score]:
    with system.database.reading() as cx:
        live = system.shelf.live(cx)
    return {
        name: score
        for each in live.values()
        for name, score in each.released.catalog.scores.items()
    }
