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

from keepwarm.engine.coverage import ways_taken
from keepwarm.engine.plan import OpenTask, Pause, Plan, PlanStep, Send, Split
from keepwarm.engine.ranks import Ranks
from keepwarm.engine.replay.happened import Happened, happenings
from keepwarm.engine.replay.history import (
    Arrival,
    History,
    Learned,
    Occurred,
    Reacted,
    Reaction,
    TaskFinished,
)
from keepwarm.engine.replay.lineup import line_up, step_names
from keepwarm.engine.replay.lived import Decided, Lived
from keepwarm.engine.replay.living import live
from keepwarm.engine.run import Deed
from keepwarm.engine.staying_out import StayedOut, why_nobody_entered
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
    #: (step, which way) of every way that was taken; those of `coverage.ways_through`.
    ways: frozenset[tuple[int, str]]
    #: Why nobody entered; None where somebody did.
    stayed_out: StayedOut | None = None
    #: What was left out because the conditions of its step did not hold.
    left_out: tuple[Happened, ...] = ()


def play(plan: Plan, catalog: Catalog, story: Story) -> Played:
    """Play one story, and give everything that came of it, in order."""
    plan = _as_told(plan, story)
    facts = StoryFacts.of(story, plan, catalog, _day_zero(story))
    clock = _StoryClock(facts.day_zero, facts.zone_name)
    opens = clock.moment(StoryTime.start())
    lines = sorted(story.story, key=lambda line: line.at)
    first = next((at for line in lines if (at := clock.moment(line.at)) >= opens), opens)
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
        ranks=Ranks(thresholds=(facts.thresholds,)),
        spreads=False,
        looks_until=max([last, *expected]) + timedelta(days=1),
        calls_at=first if isinstance(plan.start, WhenCalled) else None,
    )
    lived = live(lineup, history)
    # A story tells what came of a message in the end, and not that it was put off.
    told = [each for each in happenings(lived, lineup) if not each.held]
    happened = sorted([*told, *_waits_and_draws(plan, lived)], key=lambda each: each.at)
    ways = frozenset((step, way) for _, step, way in ways_taken(lived, lineup))
    looked_for = min((at for at in expected if at >= opens), default=None)
    stayed_out = why_nobody_entered(lineup, history, lived, looked_for)
    left_out = tuple(_left_out(plan, lived))
    return Played(tuple(happened), facts.zone_name, clock.day_zero, ways, stayed_out, left_out)


def _as_told(plan: Plan, story: Story) -> Plan:
    """Give the plan without what no story is about, and with the draws that this one tells."""
    steps = tuple(_drawn(step, story) for step in plan.steps)
    live_status = PlaybookStatus.LIVE
    return replace(plan, holdout=Decimal(0), rollout=(), status=live_status, steps=steps)


def _drawn(step: PlanStep, story: Story) -> PlanStep:
    """Give an experiment whose every customer falls into the arm that the story tells."""
    if not isinstance(step, Split) or step.experiment not in story.drawn:
        return step
    wanted = story.drawn[step.experiment]
    place = next(n for n, (_, label, _) in enumerate(step.arms) if label == wanted)
    arms = ((Decimal(n >= place), label, first) for n, (_, label, first) in enumerate(step.arms))
    return replace(step, arms=tuple(arms))


def _waits_and_draws(plan: Plan, lived: Lived) -> Iterator[Happened]:
    """Give the waits that began and the arms that were drawn: nothing else tells of them."""
    for entry in lived.entries:
        if not isinstance(entry, Decided):
            continue
        for decision in entry.course.decisions:
            step = plan.steps[decision.step] if decision.step >= 0 else None
            match step, decision.deed:
                case Pause(at=at, wait=wait), Deed.WAITS:
                    named = (at.name,) if at.name else ()
                    names = (str(wait), *named)
                    yield Happened(entry.at, "wait", names, at.place.span.line)
                case Split(at=at, experiment=experiment), Deed.DREW:
                    names = (experiment, decision.detail)
                    drawn = f"drawn into {decision.detail}"
                    yield Happened(entry.at, "split", names, at.place.span.line, because=drawn)
                case _:
                    pass


def _left_out(plan: Plan, lived: Lived) -> Iterator[Happened]:
    """Give the messages and tasks whose step was not taken, each with what was asked in vain."""
    for entry in lived.entries:
        for decision in entry.course.decisions if isinstance(entry, Decided) else ():
            unmet = [each for each in decision.checks if not each.held]
            if decision.deed is not Deed.SKIPPED or not unmet:
                continue
            step = plan.steps[decision.step]
            because = f"only_if does not hold: {unmet[0].fact}: {unmet[0].wanted}"
            line = step.at.place.span.line
            for what in _verbs(step):
                names = step_names(step)
                yield Happened(entry.at, what, names, line, because=because, refused=True)


def _verbs(step: PlanStep) -> tuple[str, ...]:
    match step:
        case Send(ways=ways):
            return tuple(dict.fromkeys("survey" if w.survey else str(w.channel) for w in ways))
        case OpenTask():
            return ("task",)
        case _:
            return ()


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
