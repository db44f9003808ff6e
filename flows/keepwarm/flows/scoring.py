"""Scores: computed anew for all customers, and kept as facts that conditions may ask about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from keepwarm.engine.ticking import latest_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.shelf import Live
from keepwarm.flows.system import System
from keepwarm.insight.scoring import EVERY_NIGHT, compute_score
from keepwarm.schema.catalog import Score
from keepwarm.store.entering import wake
from keepwarm.store.scores import read_orders, scores_in_runs, write_scores
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
    with system.database.reading() as cx:
        live = system.shelf.live(cx)
    for name, score in _declared(live).items():
        watching = [playbook for playbook, each in live.items() if name in each.plan.watches]
        with system.database.reading() as cx:
            orders = read_orders(cx, score.event, score.amount, as_of)
        values = compute_score(score, orders)
        with system.database.writing(durable=False) as cx:
            before = scores_in_runs(cx, name, watching)
            counts[name] = write_scores(cx, name, orders.customer_ids, values, as_of)
            # Whoever's score is another one now may have to stop, and at once (law 11).
            now = dict(zip(orders.customer_ids, values, strict=True)) if before else {}
            changed = [customer for customer, was in before.items() if now.get(customer) != was]
            wake(cx, watching, changed, system.clock())
    return counts


def _declared(live: Mapping[str, Live]) -> Mapping[str, Score]:
    return {
        name: score
        for each in live.values()
        for name, score in each.released.catalog.scores.items()
    }
