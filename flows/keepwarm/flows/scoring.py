"""Scores: computed anew for all customers, and kept as facts that conditions may ask about."""

from __future__ import annotations

from collections.abc import Mapping

from keepwarm.flows.system import System
from keepwarm.insight.scoring import compute_score
from keepwarm.schema.catalog import Score
from keepwarm.store.scores import read_orders, write_scores


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
