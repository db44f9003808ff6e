"""The settings of a playbook in canonical lines: everything above its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import time
from decimal import Decimal
from typing import Final, assert_never

from keepwarm.engine.canonical.conditions import condition_branches
from keepwarm.engine.canonical.lines import Aspect, Branch, Line, deeper
from keepwarm.engine.canonical.places import Places
from keepwarm.schema.catalog import Place
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.phrases import Length, Share, clock_text
from keepwarm.schema.playbook import (
    EveryTime,
    Goal,
    Once,
    OncePerCustomer,
    OncePerProperty,
    OnDate,
    OnSchedule,
    Playbook,
    Respect,
    Start,
    WhenBecomes,
    WhenCalled,
    WhenEvent,
)
from keepwarm.schema.words import CatchUp, InFlight, Kind, WhenCapped, WhenUnknown

#: When a date's playbook begins, unless it says otherwise.
_NINE: Final = time(9)
_PRIORITY: Final = 5


class _Settings:
    """Writes the settings of one playbook, each where the file has it."""

    def __init__(self, playbook: Playbook, places: Places) -> None:
        self._file = playbook.place.file
        self._places = places

    def line(self, key: str, value: object, aspect: Aspect, *within: str) -> Branch:
        """Give one setting, inside those that `within` names."""
        place = self._places.setting(self._file, *within, key)
        return Branch(Line(f"{key}: {value}", 0, aspect, place))

    def several(self, key: str, values: Iterable[object], aspect: Aspect, *within: str) -> Branch:
        """Give a setting with a list of phrases below it."""
        place = self._place(key, *within)
        below = [Branch(Line(str(value), 1, aspect, place)) for value in values]
        return Branch(Line(f"{key}:", 0, aspect, place), tuple(below))

    def conditions(
        self, key: str, condition: Condition, aspect: Aspect, *within: str, is_any: bool = False
    ) -> Iterator[Branch]:
        """Give a setting that is a list of conditions; nothing for one that always holds."""
        if condition == ALWAYS:
            return
        below = condition_branches(condition, aspect, self._file, is_any=is_any)
        yield Branch(Line(f"{key}:", 0, aspect, self._place(key, *within)), deeper(below))

    def group(self, key: str, below: Iterable[Branch], aspect: Aspect) -> Branch:
        """Give a setting that holds settings."""
        return Branch(Line(f"{key}:", 0, aspect, self._place(key)), deeper(below))

    def _place(self, key: str, *within: str) -> Place:
        return self._places.setting(self._file, *within, key)


def settings_branches(playbook: Playbook, places: Places) -> Iterator[Branch]:
    """Give every setting that a playbook makes; what is only its default is left out."""
    write = _Settings(playbook, places)
    yield write.line("title", playbook.title, Aspect.DESCRIPTION)
    yield write.line("owner", playbook.owner, Aspect.DESCRIPTION)
    yield write.line("status", playbook.status, Aspect.PERMISSION)
    if playbook.kind is not Kind.MARKETING:
        yield write.line("kind", playbook.kind, Aspect.PERMISSION)
    if playbook.topic:
        yield write.line("topic", playbook.topic, Aspect.PERMISSION)
    yield write.group("start", _start(playbook.start, write), Aspect.AUDIENCE)
    yield from write.conditions("only_if", playbook.only_if, Aspect.AUDIENCE)
    if playbook.goal is not None:
        yield write.group("goal", _goal(playbook.goal, write), Aspect.PATH)
    if playbook.stop_if_any is not None:
        yield from write.conditions("stop_if_any", playbook.stop_if_any, Aspect.PATH, is_any=True)
    yield from _limits(playbook, write)
    yield from _conduct(playbook, write)


def _limits(playbook: Playbook, write: _Settings) -> Iterator[Branch]:
    if playbook.holdout:
        yield write.line("holdout", _share(playbook.holdout), Aspect.AUDIENCE)
    if playbook.rollout:
        yield write.several("rollout", playbook.rollout, Aspect.AUDIENCE)
    if playbook.expects:
        yield write.line("expects", playbook.expects, Aspect.AUDIENCE)
    if playbook.respect != Respect():
        yield write.group("respect", _respect(playbook.respect, write), Aspect.PERMISSION)
    if playbook.back_to_shadow_if_any:
        below = [
            Branch(
                Line(f"{each.rate}: above {_share(each.above)}", 1, Aspect.PERMISSION, each.place)
            )
            for each in sorted(playbook.back_to_shadow_if_any, key=lambda each: each.rate)
        ]
        head = write.several("back_to_shadow_if_any", (), Aspect.PERMISSION)
        yield Branch(head.line, tuple(below))
    if playbook.budget:
        yield write.line("budget", f"discounts {playbook.budget}", Aspect.MONEY)


def _conduct(playbook: Playbook, write: _Settings) -> Iterator[Branch]:
    if playbook.in_flight is not InFlight.FINISH:
        yield write.line("in_flight", playbook.in_flight, Aspect.PATH)
    if playbook.catch_up is not CatchUp.ONCE:
        yield write.line("catch_up", playbook.catch_up, Aspect.PATH)
    if playbook.when_unknown is not WhenUnknown.LEAVE:
        yield write.line("when_unknown", playbook.when_unknown, Aspect.PERMISSION)
    if playbook.priority != _PRIORITY:
        yield write.line("priority", playbook.priority, Aspect.PATH)


def _respect(respect: Respect, write: _Settings) -> Iterator[Branch]:
    if respect.quiet_hours:
        yield write.line("quiet_hours", respect.quiet_hours, Aspect.TIMING, "respect")
    if respect.caps:
        caps = sorted(map(str, respect.caps))
        yield write.several("at_most", caps, Aspect.PERMISSION, "respect")
    if respect.when_capped is not WhenCapped.SKIP:
        yield write.line("when_capped", respect.when_capped, Aspect.PERMISSION, "respect")


def _goal(goal: Goal, write: _Settings) -> Iterator[Branch]:
    yield write.line("event", goal.event, Aspect.PATH, "goal")
    if goal.times != 1:
        yield write.line("times", f"at least {goal.times}", Aspect.PATH, "goal")
    if goal.for_the_same:
        yield write.line("for_the_same", goal.for_the_same, Aspect.PATH, "goal")
    yield from write.conditions("where", goal.where, Aspect.PATH, "goal")
    if goal.within:
        yield write.line("within", goal.within, Aspect.PATH, "goal")


# ── Who gets in, and when ────────────────────────────────────────────────────────────────────


def _start(start: Start, write: _Settings) -> Iterator[Branch]:
    match start:
        case WhenEvent():
            yield from _when_event(start, write)
        case OnSchedule(schedule=schedule, for_customers=condition, once=once):
            yield write.line("every", schedule, Aspect.TIMING, "start")
            yield from write.conditions("for_customers", condition, Aspect.AUDIENCE, "start")
            yield from _once(once, write)
        case OnDate():
            yield from _on_date(start, write)
        case WhenBecomes(condition=condition, once=once):
            yield from write.conditions("becomes", condition, Aspect.AUDIENCE, "start")
            yield from _once(once, write)
        case WhenCalled(once=once):
            yield write.line("called", "by another playbook", Aspect.AUDIENCE, "start")
            yield from _once(once, write)
        case _:
            assert_never(start)


def _when_event(start: WhenEvent, write: _Settings) -> Iterator[Branch]:
    yield write.line("event", start.event, Aspect.AUDIENCE, "start")
    yield from write.conditions("where", start.where, Aspect.AUDIENCE, "start")
    if start.and_then_no:
        yield write.line("and_then_no", start.and_then_no, Aspect.AUDIENCE, "start")
    if start.quiet_for:
        yield write.line("for", start.quiet_for, Aspect.TIMING, "start")
    yield from _once(start.once, write)


def _on_date(start: OnDate, write: _Settings) -> Iterator[Branch]:
    yield write.line("date", start.attribute, Aspect.AUDIENCE, "start")
    if start.offset:
        side = "before" if start.before else "after"
        yield write.line(side, start.offset, Aspect.TIMING, "start")
    if start.at != _NINE:
        yield write.line("at", clock_text(start.at), Aspect.TIMING, "start")
    if start.yearly:
        yield write.line("yearly", "yes", Aspect.AUDIENCE, "start")
    yield from write.conditions("for_customers", start.for_customers, Aspect.AUDIENCE, "start")


def _once(once: Once, write: _Settings) -> Iterator[Branch]:
    match once:
        case OncePerCustomer(again_after=Length() as again_after):
            yield write.line("again_after", again_after, Aspect.AUDIENCE, "start")
        case OncePerCustomer():
            pass  # once per customer is what a playbook means that says nothing
        case OncePerProperty(property=name):
            yield write.line("once", f"per {name}", Aspect.AUDIENCE, "start")
        case EveryTime():
            yield write.line("once", "every time", Aspect.AUDIENCE, "start")
        case _:
            assert_never(once)


def _share(fraction: Decimal) -> str:
    return str(Share(fraction * 100))
