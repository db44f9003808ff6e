"""Why nobody entered in a story: what its start asked at the moment in question, and saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from keepwarm.engine.drawing import entry_sentence
from keepwarm.engine.due_dates import day_of, next_due
from keepwarm.engine.facts import Facts
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.replay.history import History, Learned, Occurred
from keepwarm.engine.replay.life import Life
from keepwarm.engine.replay.lineup import Lineup, Ready
from keepwarm.engine.replay.lived import Decided, Lived
from keepwarm.engine.run import RunStatus
from keepwarm.engine.situation import Situation
from keepwarm.engine.weighing import Weighed, all_of, recount, weigh_now
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenCalled, WhenEvent


@dataclass(frozen=True, slots=True)
class StayedOut:
    """Why nobody entered."""

    #: When that was decided; None where nothing ever came to be decided.
    at: datetime | None
    #: What is so whatever the conditions say, as a sentence; empty for nothing.
    because: str
    #: Everything that was asked then, in the order of the file.
    asked: tuple[Weighed, ...] = ()


def why_nobody_entered(
    lineup: Lineup, history: History, lived: Lived, looked_for: datetime | None
) -> StayedOut | None:
    """Say why the one playbook of a line-up let nobody in; None if it did.

    `looked_for` is the first moment at which something was expected: of all looks of the clock
    the last one before it is told.
    """
    if any(run.run.status is not RunStatus.TURNED_AWAY for run in lived.runs):
        return None
    (ready,) = lineup.playbooks
    turned_away = next(_turned_away(ready.plan, lived), None)
    if turned_away is not None:
        return turned_away
    match ready.plan.start:
        case WhenEvent():
            return _no_event(ready.plan, ready.plan.start, history)
        case OnSchedule() | WhenBecomes():
            return _at_a_look(ready, lineup, history, looked_for)
        case OnDate():
            return _on_its_day(ready, ready.plan.start, lineup, history)
        case WhenCalled():
            return StayedOut(None, "Nobody called it.")
        case _:
            assert_never(ready.plan.start)


def _turned_away(plan: Plan, lived: Lived) -> Iterator[StayedOut]:
    for entry in lived.entries:
        if isinstance(entry, Decided):
            for decision in entry.course.decisions:
                if decision.step == START:
                    asked = recount(plan, decision, entry.seen)
                    said = "" if asked else f"Turned away: {decision.detail}."
                    yield StayedOut(entry.at, said, asked)


def _no_event(plan: Plan, start: WhenEvent, history: History) -> StayedOut:
    """Hold the first such event against what is asked of it, if there is one."""
    came = [e for e in history.arrivals if isinstance(e, Occurred) and e.name == start.event]
    if not came:
        return StayedOut(
            None, f"{start.event} never came, and customers enter {entry_sentence(plan)}."
        )
    at, properties = came[0].happening.at, came[0].happening.properties
    situation = Situation(Facts(), at, at, {}, plan.timezone)
    asked = all_of(weigh_now(plan, start.where, situation, dict(properties)))
    return StayedOut(at, "", asked)


def _at_a_look(
    ready: Ready, lineup: Lineup, history: History, looked_for: datetime | None
) -> StayedOut:
    """Hold the customer against what is asked, at the look at which somebody was expected."""
    plan, ticks = ready.plan, ready.ticks
    if not ticks:
        return StayedOut(None, f"It was never time: customers enter {entry_sentence(plan)}.")
    looks = [tick for tick in ticks if looked_for is None or tick <= looked_for]
    if not looks:
        return StayedOut(None, f"It was not time yet: customers enter {entry_sentence(plan)}.")
    at = looks[-1]
    asked = _weighed(ready, lineup, history, at)
    if isinstance(plan.start, WhenBecomes) and all(each.met for each in asked):
        said = (
            "The customer matched at the first look already, and only who starts to match enters."
        )
        return StayedOut(at, said, asked)
    return StayedOut(at, "", asked)


def _on_its_day(ready: Ready, start: OnDate, lineup: Lineup, history: History) -> StayedOut:
    """Say that the customer's day did not come; or hold them against what is asked on it."""
    known = [history.attributes, *(e.values for e in history.arrivals if isinstance(e, Learned))]
    texts = [each[start.attribute] for each in known if start.attribute in each]
    text = texts[-1] if texts else None
    if not isinstance(text, str):
        return StayedOut(None, f"{start.attribute} is unknown, so that its day cannot come.")
    life = Life(lineup, history)
    zone = life.zones(life.parts[0]).name
    due = next_due(start, text, zone, lineup.since)
    looks = [] if due is None else [tick for tick in ready.ticks if tick >= due]
    if not looks:
        is_on = f"{start.attribute} is {day_of(text, zone)}"
        said = f"{is_on}, and customers enter {entry_sentence(ready.plan)}."
        return StayedOut(None, f"{said} That day does not come in the story.")
    return StayedOut(looks[0], "", _weighed(ready, lineup, history, looks[0]))


def _weighed(ready: Ready, lineup: Lineup, history: History, at: datetime) -> tuple[Weighed, ...]:
    life = Life(lineup, history)
    life.now = at
    for arrival in history.arrivals:
        match arrival:
            case Occurred(name=name, happening=happening) if arrival.at <= at:
                life.add_event(name, happening)
            case Learned(values=values) if arrival.at <= at:
                life.attributes |= {n: v for n, v in values.items() if v is not None}
                for name in [name for name, value in values.items() if value is None]:
                    life.attributes.pop(name, None)
            case _:
                pass
    situation = life.situation(life.parts[0])
    # Nobody in a story is anybody, so that nothing needs to be hidden.
    plan = replace(ready.plan, attributes={})
    return all_of(weigh_now(plan, ready.entrants, situation))
