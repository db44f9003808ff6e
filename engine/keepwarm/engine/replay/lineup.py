"""The line-up of a replay: all playbooks that go on together, made ready once for all customers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from keepwarm.engine.entry import rollout_salt
from keepwarm.engine.expanding import needs
from keepwarm.engine.gates import Manners, manners_of
from keepwarm.engine.plan import Needs, OpenTask, Plan, PlanStep, Send
from keepwarm.engine.ranks import Ranks
from keepwarm.engine.run import Mode
from keepwarm.engine.ticking import LOOK_EVERY, next_tick
from keepwarm.engine.timing import zone_named
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.conditions import ALWAYS, All, Condition
from keepwarm.schema.phrases import Schedule
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes
from keepwarm.schema.words import PlaybookStatus

#: What decides in which zone a customer lives.
ZONE_FACTS: Final = frozenset({"timezone", "phone"})
#: What is asked since a run began is read from a little before: its event may have come late.
_SINCE_START: Final = timedelta(days=2)


@dataclass(slots=True)
class Ready:
    """One playbook, ready to be replayed."""

    plan: Plan
    catalog: Catalog
    #: Its place in the line-up.
    place: int
    #: The moments at which its clock looks for customers, ascending.
    ticks: Sequence[datetime]
    #: Who is looked for; ALWAYS where the clock looks for nobody.
    wanted: Condition
    #: Whoever is wanted, and may enter besides.
    entrants: Condition
    #: Names of facts whose change may change who is wanted.
    looks_at: frozenset[str]
    mode: Mode
    rollout_salt: str
    #: For each step, all that a task or a message of it may be called.
    names: Sequence[frozenset[str]]
    _manners: dict[str | None, Manners] = field(default_factory=dict)

    def tick_from(self, moment: datetime) -> int:
        """Give which of its ticks is the first that comes not before a moment."""
        return bisect_left(self.ticks, moment)

    def tick_after(self, moment: datetime) -> int:
        """Give which of its ticks is the first that comes after a moment."""
        return bisect_right(self.ticks, moment)

    def manners_for(self, topic: str | None) -> Manners:
        """Give what a message on this topic promises its receiver."""
        known = self._manners.get(topic)
        if known is None:
            known = self._manners[topic] = manners_of(self.plan.respect, self.catalog, topic)
        return known


@dataclass(frozen=True, slots=True)
class Lineup:
    """The playbooks of a replay, and the time it goes over."""

    #: By name, as the running service takes them in turn.
    playbooks: tuple[Ready, ...]
    #: What happened before is history; it is when all of them went live.
    since: datetime
    until: datetime
    ranks: Ranks
    #: Whether what was held for one moment is let go over the minutes after it.
    spreads: bool
    #: Playbook -> its place.
    places: Mapping[str, int]
    #: When playbooks that others call are called by nobody in particular, as in a story; or never.
    calls_at: datetime | None = None


def line_up(
    plans: Sequence[Plan],
    catalog: Catalog,
    since: datetime,
    until: datetime,
    *,
    ranks: Ranks | None = None,
    spreads: bool = True,
    looks_until: datetime | None = None,
    calls_at: datetime | None = None,
) -> Lineup:
    """Make playbooks ready to be replayed together, since and until these moments.

    `ranks` are those that conditions ask about. `looks_until` ends the looks of the clock before
    the end, as stories want it.
    """
    ordered = sorted(plans, key=lambda plan: plan.playbook)
    last = until if looks_until is None else looks_until
    return Lineup(
        tuple(_ready(plan, catalog, n, since, last, calls_at) for n, plan in enumerate(ordered)),
        since,
        until,
        Ranks() if ranks is None else ranks,
        spreads,
        {plan.playbook: place for place, plan in enumerate(ordered)},
        calls_at,
    )


def facts_read(plans: Iterable[Plan]) -> dict[str, timedelta | None]:
    """Name the events that a replay of these plans reads: how far back from its start.

    None is for ever.
    """
    back: dict[str, timedelta | None] = {}
    for plan in plans:
        for name in plan.listens | plan.needs.since_start:
            back.setdefault(name, _SINCE_START)
        for asked in (plan.needs, needs([All((_wanted(plan), plan.only_if))])):
            for name in asked.since_start:
                back.setdefault(name, _SINCE_START)
            for name, reach in asked.events.items():
                known = back.get(name, _SINCE_START)
                back[name] = None if known is None or reach is None else max(known, reach)
    return back


def ranks_asked(plans: Sequence[Plan]) -> Needs:
    """Give the needs of all ranks that these plans ask about, in runs and at their starts."""
    asked = (each for plan in plans for each in (plan.needs, needs([_wanted(plan)])))
    ranks = frozenset(rank for each in asked for rank in each.thresholds)
    return Needs(thresholds=ranks, scores=scores_asked(plans))


def scores_asked(plans: Sequence[Plan]) -> frozenset[str]:
    """Name the scores that these plans ask about, in runs and at their starts."""
    asked = (each for plan in plans for each in (plan.needs, needs([_wanted(plan)])))
    return frozenset(name for each in asked for name in each.scores)


def _ready(
    plan: Plan,
    catalog: Catalog,
    place: int,
    since: datetime,
    until: datetime,
    calls_at: datetime | None,
) -> Ready:
    wanted = _wanted(plan)
    entrants = All((wanted, plan.only_if))
    asked = needs([entrants])
    looks_at = asked.attributes | asked.events.keys() | asked.since_start
    if isinstance(plan.start, OnDate):
        looks_at = frozenset({plan.start.attribute, *ZONE_FACTS})
    return Ready(
        plan=plan,
        catalog=catalog,
        place=place,
        ticks=_ticks(plan, since, until) if calls_at is None else [calls_at],
        wanted=wanted,
        entrants=entrants,
        looks_at=looks_at,
        mode=Mode.SHADOW if plan.status is PlaybookStatus.SHADOW else Mode.LIVE,
        rollout_salt=rollout_salt(plan),
        names=[frozenset(step_names(step)) for step in plan.steps],
    )


def _wanted(plan: Plan) -> Condition:
    match plan.start:
        case OnSchedule(for_customers=condition) | OnDate(for_customers=condition):
            return condition
        case WhenBecomes(condition=condition):
            return condition
        case _:
            return ALWAYS


def step_names(step: PlanStep) -> tuple[str, ...]:
    """Give all that a story may call a step's task or message: its name, title and templates."""
    names = [step.at.name]
    if isinstance(step, OpenTask):
        names.append(step.title)
    if isinstance(step, Send):
        names += [way.template for way in step.ways]
    return tuple(name for name in names if name)


def _ticks(plan: Plan, since: datetime, until: datetime) -> Sequence[datetime]:
    match plan.start:
        case OnSchedule(schedule=schedule):
            return _ticks_of(schedule, plan.timezone, since, until)
        case OnDate() | WhenBecomes():
            return _ticks_of(LOOK_EVERY, plan.timezone, since, until)
        case _:
            return []


# Most playbooks look every quarter of an hour, and most stories begin on the same day: a list
# serves many of them.
@lru_cache(maxsize=64)
def _ticks_of(
    schedule: Schedule, timezone: str, since: datetime, until: datetime
) -> tuple[datetime, ...]:
    zone, found, tick = zone_named(timezone), [], since
    while (tick := next_tick(schedule, tick, zone)) <= until:
        found.append(tick)
    return tuple(found)
