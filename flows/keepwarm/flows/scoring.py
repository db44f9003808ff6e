"""Scores: computed anew for all customers, and kept as facts that conditions may ask about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from keepwarm.engine.ticking import latest_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.system import System
from keepwarm.insight.scoring import EVERY_NIGHT, compute_score
from keepwarm.schema.catalog import Score
from keepwarm.store.scores import read_orders, write_scores
from keepwarm.store.ticks import take_tick

#: The name under which it is remembered when scores were computed last.
_TICK = "* scores"


def compute_scores_daily(system: System) -> Mapping[str, int]:
    """Compute every score once a day, by whichever process comes first: as of that night."""
    with system.database.writing() as cx:
        tick = latest_tick(EVERY_NIGHT, system.clock(), zone_named("UTC"))
        is_ours = take_tick(cx, _TICK, tick)
    return _compute(system, tick) if is_ours else {}


def compute_scores(system: System) -> Mapping[str, int]:
    """Compute every score that a live playbook's catalog declares; give name -> customers."""
    return _compute(system, system.clock())


def _compute(system: System, as_of: datetime) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for score in _declared(system).values():
        with system.database.reading() as cx:
            orders = read_orders(cx, score.event, score.amount, as_of)
        values = compute_score(score, orders)
        with system.database.writing(durable=False) as cx:
            counts[score.name] = write_scores(cx, score.name, orders.customer_ids, values, as_of)
    return counts


def _declared(system: System) -> Mapping[str, Score]:
    with system.database.reading() as cx:
        live = system.shelf.live(cx)
    return {
        name: score
        for each in live.values()
        for name, score in each.released.catalog.scores.items()
    }
