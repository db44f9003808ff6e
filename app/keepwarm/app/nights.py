"""The nights of a replay: scores and ranks as they would have been computed on each of them.

Orders are read once and graded anew for every night, so that who was at risk in March is known to
have been so in March. Each customer is then given only what changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final

from keepwarm.engine.conditions import needs
from keepwarm.engine.facts import Value
from keepwarm.engine.plan import Needs, Plan
from keepwarm.engine.ranks import Rank, Ranks
from keepwarm.engine.replay import History
from keepwarm.engine.replay.history import Scored
from keepwarm.engine.replay.lineup import ranks_asked
from keepwarm.engine.ticking import latest_tick, next_tick
from keepwarm.engine.timing import zone_named
from keepwarm.insight.nights import Course, rank_nights, score_nights
from keepwarm.insight.scoring import EVERY_NIGHT, shown
from keepwarm.schema.catalog import Score
from keepwarm.schema.phrases import EveryInterval, Schedule, Unit
from keepwarm.schema.playbook import OnSchedule
from keepwarm.store.connection import Connection
from keepwarm.store.moments import to_micros
from keepwarm.store.past_numbers import read_past_numbers
from keepwarm.store.scores import read_order_lines, read_orders

_when: Final = attrgetter("at")
#: Hears how much is done, of how much.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Nights:
    """What scores and ranks were on each night; scores of all customers, or of a batch of them."""

    #: The first is the last one before the replay begins.
    moments: tuple[datetime, ...]
    ranks: Ranks
    scores: Mapping[str, Score] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)

    def of_nobody(self) -> Nights:
        """Give the same without any customer's scores, for another process."""
        return Nights(self.moments, self.ranks, self.scores)

    def courses_of(self, first: int, last: int) -> Mapping[str, Course]:
        """Give the scores of the customers between two keys, both included."""
        return {name: course.of(first, last) for name, course in self.courses.items()}

    def give(self, histories: Iterable[History], courses: Mapping[str, Course]) -> None:
        """Let customers have their scores night by night, in place of those of today."""
        found = self._by_customer(courses)
        for history in histories:
            attributes = {n: v for n, v in history.attributes.items() if n not in self.scores}
            told = found.get(history.key)
            if told is not None:
                first, *later = sorted(told)
                if first == 0:
                    attributes |= told[0]
                else:
                    later.insert(0, first)
                scored = [Scored(self.moments[night], told[night]) for night in later]
                history.arrivals = sorted([*scored, *history.arrivals], key=_when)
            history.attributes = attributes

    def _by_customer(
        self, courses: Mapping[str, Course]
    ) -> Mapping[int, Mapping[int, dict[str, Value]]]:
        """Give customer -> night -> the scores that came out another way."""
        found: dict[int, dict[int, dict[str, Value]]] = defaultdict(lambda: defaultdict(dict))
        for name, course in courses.items():
            values = shown(self.scores[name], course.values)
            keys, nights = course.customer_ids.tolist(), course.nights.tolist()
            for key, night, value in zip(keys, nights, values, strict=True):
                found[key][night][name] = value
        return found


@dataclass(frozen=True, slots=True)
class Then:
    """What scores of a customer were at a moment, and where ranks among all began."""

    scores: Mapping[str, Value]
    thresholds: Mapping[Rank, float]


def scored_by(
    cx: Connection, plan: Plan, scores: Mapping[str, Score], customer_id: int, at: datetime
) -> Then:
    """Compute what a plan asks of scores and ranks, as the last night before a moment had it.

    Ranks of what is told from outside are those of the moment itself.
    """
    asked, count = ranks_asked([plan]), _Count(None)
    wanted = {name: scores[name] for name in sorted(asked.scores)}
    night = latest_tick(EVERY_NIGHT, at, zone_named("UTC"))
    courses, of_scores = _scored(cx, wanted, (night,), asked, count)
    (of_told,) = _ranked(cx, (at,), asked, count)
    values = {
        name: shown(scores[name], course.of(customer_id, customer_id).values)
        for name, course in courses.items()
    }
    return Then({name: said[0] for name, said in values.items() if said}, of_scores[0] | of_told)


def nights_of(
    cx: Connection,
    plans: Sequence[Plan],
    scores: Mapping[str, Score],
    since: datetime,
    until: datetime,
    progress: Progress | None = None,
) -> Nights:
    """Compute what plans ask of scores and ranks, for each night from before a replay to its end.

    `scores` are those that the catalog declares. `progress` hears how much of it is done, of how
    much.
    """
    asked = ranks_asked(plans)
    moments = tuple(_moments(since, until))
    wanted = {name: scores[name] for name in sorted(asked.scores)}
    count = _Count(progress)
    courses, of_scores = _scored(cx, wanted, moments, asked, count)
    # What is told of customers moves at any time: a schedule is given the ranks of its moments.
    looks = sorted({*moments, *_looks(plans, asked.scores, since, until)})
    thresholds = [
        of_scores[bisect_right(moments, look) - 1] | others
        for look, others in zip(looks, _ranked(cx, looks, asked, count), strict=True)
    ]
    return Nights(moments, Ranks(looks, thresholds), wanted, courses)


@dataclass(slots=True)
class _Count:
    """Counts what was computed for the nights, and tells."""

    progress: Progress | None
    done: int = 0
    expected: int = 0

    def expect(self, more: int) -> None:
        """Note that so much more is to come."""
        self.expected += more

    def one_more(self) -> None:
        """Note that one night of one is done."""
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.expected)


def _moments(since: datetime, until: datetime) -> Iterator[datetime]:
    zone = zone_named("UTC")
    night = latest_tick(EVERY_NIGHT, since, zone)
    while night <= until:
        yield night
        night = next_tick(EVERY_NIGHT, night, zone)


def _looks(
    plans: Sequence[Plan], scores: Collection[str], since: datetime, until: datetime
) -> Iterator[datetime]:
    """Give when schedules let in by ranks of what is told from outside; not those of minutes."""
    for plan in plans:
        start = plan.start
        if not isinstance(start, OnSchedule) or _is_of_minutes(start.schedule):
            continue
        asked = needs([start.for_customers, plan.only_if]).thresholds
        look, zone = since, zone_named(plan.timezone)
        while any(rank[0] not in scores for rank in asked):
            look = next_tick(start.schedule, look, zone)
            if look > until:
                break
            yield look


def _is_of_minutes(schedule: Schedule) -> bool:
    return isinstance(schedule, EveryInterval) and schedule.length.unit is Unit.MINUTE


def _scored(
    cx: Connection,
    wanted: Mapping[str, Score],
    moments: Sequence[datetime],
    asked: Needs,
    count: _Count,
) -> tuple[dict[str, Course], list[dict[Rank, float]]]:
    """Compute scores night by night: those that come from the same orders together."""
    courses: dict[str, Course] = {}
    thresholds: list[dict[Rank, float]] = [{} for _ in moments]
    alike: dict[tuple[str, str | None], list[Score]] = defaultdict(list)
    for score in wanted.values():
        alike[score.event, score.amount].append(score)
    nights = [to_micros(moment) for moment in moments]
    count.expect(len(nights) * len(alike))
    for (event, amount), scores in alike.items():
        before = read_orders(cx, event, amount, moments[0], only_what_was_known=True)
        lines = read_order_lines(cx, event, amount, moments[0], moments[-1])
        found, at_ranks = score_nights(
            scores, before, lines, nights, asked.thresholds, count.one_more
        )
        courses |= found
        for night, others in enumerate(at_ranks):
            thresholds[night] |= others
    return courses, thresholds


def _ranked(
    cx: Connection, moments: Sequence[datetime], asked: Needs, count: _Count
) -> list[dict[Rank, float]]:
    """Give the values at ranks of what is told of customers from outside."""
    thresholds: list[dict[Rank, float]] = [{} for _ in moments]
    nights = [to_micros(moment) for moment in moments]
    names = sorted({rank[0] for rank in asked.thresholds} - asked.scores)
    count.expect(len(nights) * len(names))
    for name in names:
        ranks = [rank for rank in asked.thresholds if rank[0] == name]
        numbers = read_past_numbers(cx, name, moments[0])
        for night, others in enumerate(rank_nights(numbers, nights, ranks, count.one_more)):
            thresholds[night] |= others
    return thresholds
