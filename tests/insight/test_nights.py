"""Scores of every night, against the same computed night by night from what was known then."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from keepwarm.app.nights import nights_of
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Plan
from keepwarm.engine.replay.history import Scored
from keepwarm.insight.scoring import compute_score
from keepwarm.schema.catalog import Score
from keepwarm.store.bulk import json_text
from keepwarm.store.customers import keys_of, put_customers
from keepwarm.store.database import Database
from keepwarm.store.events import EventValues, append_events
from keepwarm.store.facts import read_thresholds
from keepwarm.store.histories import batches, read_histories, recorded_for
from keepwarm.store.moments import to_micros
from keepwarm.store.scores import read_orders, write_scores
from tests.engine.written import workspace_of
from tests.journeys.replayed import SCORES

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
NIGHTS = [datetime(2026, 3, day, 3, tzinfo=UTC) for day in range(2, 8)]
PLAYBOOK = """\
topic: tips
start:
  every: day at 09:30
  for_customers: [{rfm_segment: known}]
steps:
  - email: hello
    only_if: [{lifetime_value: in the top 20%}, {monthly_revenue: in the bottom 30%}]
"""


@pytest.fixture
def shop(database: Database) -> Database:
    """Customers who order, some lines of one order apart, some told of a day or two later."""
    chance, names = Random(11), [f"c{number:02}" for number in range(40)]
    with database.writing() as cx:
        known = [(name, {"monthly_revenue": chance.randrange(5)}) for name in names[:30]]
        put_customers(cx, [*known, *((name, {}) for name in names[30:])], SINCE)
    for day in range(-3, 6):
        at = SINCE + timedelta(days=day)
        told = [line for _ in range(12) for line in lines_of(chance, chance.choice(names[:36]), at)]
        with database.writing() as cx:
            append_events(cx, told, at + timedelta(days=3))
            changed = [(chance.choice(names), {"monthly_revenue": chance.randrange(9)})]
            put_customers(cx, changed, at + timedelta(hours=1))
    return database


def lines_of(chance: Random, name: str, day: datetime) -> list[EventValues]:
    """Give the lines of one order."""
    at = day + timedelta(minutes=chance.randrange(1400))
    late = [timedelta(0), timedelta(0), timedelta(hours=chance.randrange(50))]
    lines: list[EventValues] = []
    for number in range(chance.choice([1, 1, 2, 3])):
        known, key = at + chance.choice(late), f"{name}/{at}/{number}/{chance.random()}"
        paid = json_text({"amount": chance.randrange(900) / 8})
        lines.append((name, "ordered", to_micros(at), to_micros(known), "test", key, paid))
    return lines


def plan_and_scores() -> tuple[list[Plan], dict[str, Score]]:
    workspace = workspace_of(PLAYBOOK, catalog=SCORES)
    plans = [
        compile_plan(each, workspace.catalog, workspace.policies)
        for each in workspace.playbooks.values()
    ]
    return plans, dict(workspace.catalog.scores)


def test_each_night_has_the_scores_and_ranks_of_what_was_known_by_then(shop: Database) -> None:
    plans, scores = plan_and_scores()
    until = NIGHTS[-1] + timedelta(hours=1)
    ranks = {
        ("lifetime_value", "top", Decimal("0.2")),
        ("monthly_revenue", "bottom", Decimal("0.3")),
    }
    told: list[tuple[int, int]] = []
    with shop.reading() as cx:
        nights = nights_of(cx, plans, scores, SINCE, until, lambda *each: told.append(each))
        recorded = recorded_for(plans, SINCE, until, b"p" * 32)
        (batch,) = batches(cx)
        histories = read_histories(cx, recorded, batch)
        keys = keys_of(cx, [each.customer for each in histories])
    assert nights.moments == tuple(NIGHTS)
    # Two scores of the same orders are computed together, and one rank is of what was told.
    assert [done for done, _ in told] == list(range(1, 2 * len(NIGHTS) + 1))
    assert told[-1][1] == 2 * len(NIGHTS)
    nights.give(histories, nights.courses_of(*batch))
    changes = sum(isinstance(each, Scored) for one in histories for each in one.arrivals)
    assert changes > 40
    for night in NIGHTS:
        for score in scores.values():
            expected = known_then(shop, score, night)
            for history in histories:
                found = dict(history.attributes)
                for each in history.arrivals:
                    if isinstance(each, Scored) and each.at <= night:
                        found |= each.values
                assert found.get(score.name) == expected.get(keys[history.customer])
        at_ranks = nights.ranks.at(night)
        assert at_ranks.keys() <= ranks
        assert at_ranks.get(("lifetime_value", "top", Decimal("0.2"))) == value_at_top(
            known_then(shop, scores["lifetime_value"], night).values()
        )
    # The last night's are those of the running service, which asks the database.
    with shop.writing() as cx:
        for name, values in {n: known_then(shop, s, NIGHTS[-1]) for n, s in scores.items()}.items():
            write_scores(cx, name, [*values], [*values.values()], NIGHTS[-1])
        assert nights.ranks.at(until) == read_thresholds(cx, plans[0].needs)


def known_then(shop: Database, score: Score, night: datetime) -> dict[int, float | str]:
    """Give what the score was: by a database in which only what was known by then is counted."""
    with shop.reading() as cx:
        orders = read_orders(cx, score.event, score.amount, night, only_what_was_known=True)
    return dict(zip(orders.customer_ids, compute_score(score, orders), strict=True))


def value_at_top(values: Collection[float | str]) -> float | str | None:
    ordered = sorted(values, reverse=True)
    return ordered[math.ceil(len(ordered) * 0.2) - 1] if ordered else None
