"""Playing a story: one customer lives through it, and the plan does what it would do.

A story is a made-up history, and is replayed like a recorded one (`replay`). Only what no story is
about is left out: holdout and rollout, the spreading of what quiet hours held, and the wait for
answers of providers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, assert_never

from keepwarm.engine.plan import Plan
from keepwarm.engine.replay.happened import Happened, happenings, ways_taken
from keepwarm.engine.replay.history import (
    Arrival,
    History,
    Learned,
    Occurred,
    Reacted,
    Reaction,
    TaskFinished,
)
from keepwarm.engine.replay.lineup import line_up
from keepwarm.engine.replay.living import live
from keepwarm.engine.story_facts import StoryFacts
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.playbook import WhenCalled
from keepwarm.schema.stories import (
    Answer,
    CustomerChanges,
    EventHappens,
    MessageAnswered,
    Story,
    StoryLine,
    StoryTime,
    TaskEnds,
)
from keepwarm.schema.words import PlaybookStatus

__all__ = ["DAY_ZERO", "Happened", "Played", "play"]

#: Day 0 where a story does not say: a Monday, with no change of clocks for eleven weeks.
DAY_ZERO: Final = date(2026, 1, 5)
#: A story that goes on for longer than this after its last line is cut off.
_LONGEST: Final = timedelta(days=400)
#: So that what is due in the story's first moment is not history.
_INSTANT: Final = timedelta(microseconds=1)

_REACTIONS: Final = {
    Answer.DELIVERED: Reaction.DELIVERED,
    Answer.FAILED: Reaction.FAILED,
    Answer.OPENED: Reaction.OPENED,
    Answer.CLICKED: Reaction.CLICKED,
}


@dataclass(frozen=True, slots=True)
class Played:
    """A story as it went."""

    happened: tuple[Happened, ...]
    #: The zone in which the story tells its times.
    zone: str
    day_zero: date
    #: (line of the branch, which way) of every way that was taken.
    ways: frozenset[tuple[int, str]]


def play(plan: Plan, catalog: Catalog, story: Story) -> Played:
    """Play one story, and give everything that came of it, in order."""
    live_status = PlaybookStatus.LIVE
    plan = replace(plan, holdout=Decimal(0), rollout=(), status=live_status)
    facts = StoryFacts.of(story, plan, catalog)
    clock = _StoryClock(_day_zero(story), facts.zone_name)
    opens = clock.moment(StoryTime.start())
    lines = sorted(story.story, key=lambda line: line.at)
    first = max(clock.moment(lines[0].at), opens) if lines else opens
    last = max([opens, *(clock.moment(line.at) for line in lines)])
    expected = [clock.moment(each.at) for each in story.expect if each.at is not None]
    history = History(
        "somebody", facts.attributes, [*_arrivals(facts, clock, lines)], known_since=None
    )
    lineup = line_up(
        [plan],
        catalog,
        opens - _INSTANT,
        last + _LONGEST,
        thresholds=facts.thresholds,
        spreads=False,
        looks_until=max([last, *expected]) + timedelta(days=1),
        calls_at=first if isinstance(plan.start, WhenCalled) else None,
    )
    lived = live(lineup, history)
    # A story tells what came of a message in the end, and not that it was put off.
    happened = tuple(each for each in happenings(lived, lineup) if not each.held)
    ways = frozenset((line, way) for _, line, way in ways_taken(lived, lineup))
    return Played(happened, facts.zone_name, clock.day_zero, ways)


@dataclass(frozen=True, slots=True)
class _StoryClock:
    """Turns the times of a story into moments."""

    day_zero: date
    zone: str

    def moment(self, at: StoryTime) -> datetime:
        return local_moment(self.day_zero + timedelta(days=at.day), at.at, zone_named(self.zone))


def _arrivals(facts: StoryFacts, clock: _StoryClock, lines: list[StoryLine]) -> Iterator[Arrival]:
    for number, line in enumerate(lines):
        at = clock.moment(line.at)
        match line:
            case EventHappens(event=event):
                yield Occurred(at, event, facts.happening(line, at), str(number))
            case CustomerChanges(values=values):
                yield Learned(at, facts.learned(values))
            case TaskEnds(task=task, outcome=outcome):
                yield TaskFinished(at, task, outcome)
            case MessageAnswered(message=message, answer=answer):
                yield Reacted(at, message, _REACTIONS[answer])
            case _:
                assert_never(line)


def _day_zero(story: Story) -> date:
    match story.starts_on:
        case None:
            return DAY_ZERO
        case date() as day:
            return day
        case weekday:
            return DAY_ZERO + timedelta(days=weekday.number)
