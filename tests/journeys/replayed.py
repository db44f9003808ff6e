"""A world that is lived and then replayed: both ledgers as plain values, to be held equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from keepwarm.app.nights import nights_of
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.replay import line_up, live
from keepwarm.engine.replay.lived import Decided, Lived, LivedRun, Noted
from keepwarm.engine.run import RunStatus
from keepwarm.engine.ticking import LOOK_EVERY, next_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.scoring import compute_scores_daily
from keepwarm.insight.scoring import EVERY_NIGHT
from keepwarm.schema.playbook import OnDate, WhenBecomes
from keepwarm.store.histories import batches, read_histories, recorded_for
from keepwarm.store.moments import from_micros
from tests.journeys.world import World
from tests.systems import PEPPER

#: A catalog of what is computed from orders.
SCORES = """\
events:
  ordered: {with: {amount: number}}
scores:
  lifetime_value: {from: ordered, amount: amount}
  rfm_segment: {from: ordered, amount: amount}
"""
#: A ledger: what was decided and what came of messages, each as sorted lines of values.
Ledger = Mapping[str, list[tuple[Any, ...]]]


@dataclass
class Clockwork(World):
    """A world in which the clock also strikes for dates, for who begins to match, for scores."""

    def run_until(self, moment: datetime) -> None:
        """Move the clock from night to night, at which scores are computed."""
        zone = zone_named("UTC")
        while (night := next_tick(EVERY_NIGHT, self.now, zone)) <= moment:
            self._look_until(night - timedelta(microseconds=1))
            self.now = night
            compute_scores_daily(self.system)
            self._look_until(night)
        self._look_until(moment)

    def _look_until(self, moment: datetime) -> None:
        """Move the clock from look to look, doing what is due at each and between."""
        with self.database.reading() as cx:
            live_now = dict(self.shelf.live(cx))
        looking = [n for n, p in live_now.items() if isinstance(p.plan.start, OnDate | WhenBecomes)]
        zone = zone_named("Europe/Amsterdam")
        while looking and (tick := next_tick(LOOK_EVERY, self.now, zone)) <= moment:
            super().run_until(tick)
        super().run_until(moment)


def lived_ledger(world: World) -> Ledger:
    """Give what the database says happened."""
    runs = world.rows(
        "SELECT c.external_id, r.playbook, r.entry_key, r.status, r.mode, r.started_at, r.ended_at"
        " FROM run r JOIN customer c ON c.id = r.customer_id"
    )
    decisions = world.rows(
        "SELECT c.external_id, r.playbook, r.started_at, d.at, CAST(t.decisions AS TEXT),"
        " CAST(d.seen AS TEXT), d.until FROM decision d JOIN run r ON r.id = d.run_id"
        " JOIN customer c ON c.id = r.customer_id JOIN trace t ON t.id = d.trace_id"
    )
    messages = world.rows(
        "SELECT c.external_id, m.playbook, m.step, m.part, m.channel, m.template, m.queued_at,"
        " o.status, o.at, o.reason FROM message m JOIN customer c ON c.id = m.customer_id"
        " LEFT JOIN outcome o ON o.message_id = m.id AND o.status <> 'sending'"
    )
    return {
        "runs": sorted((*row[:2], _key(row[2]), *row[3:5], *map(_at, row[5:])) for row in runs),
        "decisions": sorted(
            (*row[:2], *map(_at, row[2:4]), _json(row[4]), _json(row[5]), _at(row[6]))
            for row in decisions
        ),
        "messages": sorted(
            (*row[:6], _at(row[6]), row[7], _at(row[8]), row[9] or "") for row in messages
        ),
    }


def replayed_ledger(world: World, since: datetime) -> Ledger:
    """Replay what the database recorded, and give what happened this time."""
    with world.database.reading() as cx:
        released = [each.released for each in world.shelf.live(cx).values()]
        plans = [each.plan for each in released]
        catalog = released[0].catalog
        nights = nights_of(cx, plans, catalog.scores, since, world.now)
        lineup = line_up(plans, catalog, since, world.now, ranks=nights.ranks)
        recorded = recorded_for(plans, since, world.now, PEPPER)
        lives: list[Lived] = []
        for batch in batches(cx):
            histories = read_histories(cx, recorded, batch)
            nights.give(histories, nights.courses_of(*batch))
            lives += [live(lineup, history) for history in histories]
    return {
        "runs": sorted(_run(life, run) for life in lives for run in life.runs),
        "decisions": sorted(
            _decision(life, entry)
            for life in lives
            for entry in life.entries
            if isinstance(entry, Decided) and entry.course.decisions
        ),
        "messages": sorted(_message(life, entry) for life in lives for entry in _noted(life)),
    }


def _run(life: Lived, lived: LivedRun) -> tuple[Any, ...]:
    run = lived.run
    key = "turned away" if run.status is RunStatus.TURNED_AWAY else run.entry_key
    started, ended = str(run.started_at), str(lived.ended_at)
    return life.customer, lived.playbook, _key(key), str(run.status), str(run.mode), started, ended


def _decision(life: Lived, entry: Decided) -> tuple[Any, ...]:
    decisions = [
        [
            d.step,
            d.deed,
            d.detail,
            [[c.fact, c.wanted, c.held, c.line, c.seen_at] for c in d.checks],
        ]
        for d in entry.course.decisions
    ]
    return (
        life.customer,
        entry.run.playbook,
        str(entry.run.run.started_at),
        str(entry.at),
        orjson.dumps(decisions).decode(),
        orjson.dumps(entry.seen or None).decode(),
        str(entry.course.memory.waits_until),
    )


def _noted(life: Lived) -> Iterator[Noted]:
    """Give what came of messages: of several times that one was held, the store keeps the first."""
    held: set[int] = set()
    for entry in life.entries:
        if isinstance(entry, Noted):
            if entry.status is not MessageStatus.HELD or id(entry.message) not in held:
                yield entry
            if entry.status is MessageStatus.HELD:
                held.add(id(entry.message))


def _message(life: Lived, entry: Noted) -> tuple[Any, ...]:
    message = entry.message.message
    return (
        life.customer,
        entry.message.run.playbook,
        message.step,
        message.part,
        message.channel,
        message.template,
        str(entry.message.queued_at),
        entry.status,
        str(entry.at),
        entry.reason or "",
    )


def _key(entry_key: str) -> str:
    """Give what of a key can be compared: some name rows."""
    return (
        "run"
        if entry_key.startswith("run ")
        else "turned away"
        if entry_key.startswith("turned")
        else entry_key
    )


def _at(micros: int | None) -> str:
    return str(None if micros is None else from_micros(micros))


def _json(value: Any) -> str:
    parsed = orjson.loads(value) if isinstance(value, str) else value
    return orjson.dumps(parsed).decode()
