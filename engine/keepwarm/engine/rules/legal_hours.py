"""Texts that may go out when the law lets none arrive.

A text goes out only outside of its quiet hours, by the clock where the customer lives; so what has
to be shown is that every minute of the day outside of them is a legal one. A clock shows nothing
else in any zone, whenever it is changed, so that holds for all of them. Where it does not hold, the
zones are gone through for the moment at which it would happen first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from keepwarm.engine.gates import DEFAULT_QUIET_HOURS, quiet_hours_for
from keepwarm.engine.timing import local_moment, zone_named
from keepwarm.schema.catalog import Place
from keepwarm.schema.phrases import Window, clock_text
from keepwarm.schema.playbook import Playbook, SendStep, SurveyStep
from keepwarm.schema.problems import Problem
from keepwarm.schema.reading import plural
from keepwarm.schema.rules.places import place_of_setting
from keepwarm.schema.rules.quiet_by_day import is_by_day, is_by_night
from keepwarm.schema.rules.rule import Finding, Rule
from keepwarm.schema.walking import every_step
from keepwarm.schema.words import Channel, Kind
from keepwarm.schema.workspace import Workspace

#: Where the policies do not say otherwise. Source: 47 CFR 64.1200(c)(1).
LEGAL_HOURS: Final = Window(DEFAULT_QUIET_HOURS.end, DEFAULT_QUIET_HOURS.start)

_DAY: Final = timedelta(days=1)
_TWO_YEARS: Final = 731
_MINUTES: Final = [time(minute // 60, minute % 60) for minute in range(24 * 60)]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that a playbook may send."""

    place: Place
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A text, its quiet hours, and the first time of the day at which it is against the law."""

    text: _Text
    quiet: Window | None
    clock: time


def legal_hours_from(today: date) -> Rule:
    """Give the rule for the two years from a day on."""

    def find(workspace: Workspace) -> Iterator[Finding]:
        yield from _find(workspace, today)

    return Rule(
        "legal-hours",
        "A text may go out at an hour at which the law lets none arrive.",
        find,
    )


def _find(workspace: Workspace, today: date) -> Iterator[Finding]:
    legal = workspace.policies.promised.legal_hours or LEGAL_HOURS
    if is_by_night(legal):
        return  # hours that are turned round break a rule of their own
    of_all = place_of_setting(workspace, "policies.yaml", "quiet_hours")
    by_policies: list[_Wrong] = []
    for playbook in workspace.playbooks.values():
        own = playbook.respect.quiet_hours
        if is_by_day(own or workspace.policies.quiet_hours):
            continue  # as do these
        wrong = _first_wrong(playbook, own or workspace.policies.quiet_hours, legal)
        if wrong is None:
            continue
        if own is None and of_all is not None:
            by_policies.append(wrong)
        else:
            yield _finding(wrong, legal, today, rests_on=("policies.yaml", playbook.place.file))
    if of_all is not None and by_policies:
        # One line is at fault, however many playbooks keep to it.
        rests_on = tuple(each.text.place.file for each in by_policies)
        finding = _finding(by_policies[0], legal, today, rests_on=rests_on)
        first, others = by_policies[0].text.place, len(by_policies) - 1
        more = f" and {plural(others, 'playbook')} more" if others else ""
        message = finding.message.replace("this text", "texts", 1)
        hint = f"{first}{more}, {finding.hint}"
        yield replace(finding, place=of_all, message=message, hint=hint)


def _first_wrong(playbook: Playbook, stated: Window | None, legal: Window) -> _Wrong | None:
    """Give the first text of a playbook that may go out at a wrong time; None without one."""
    for text in _texts(playbook):
        quiet = quiet_hours_for(Channel.SMS, text.kind, stated)
        clock = first_wrong_minute(quiet, legal)
        if clock is not None:
            return _Wrong(text, quiet, clock)
    return None


def _texts(playbook: Playbook) -> Iterator[_Text]:
    for step in every_step(playbook.steps):
        match step:
            case SendStep(or_else=others):
                for way in (step, *others):
                    if way.channel is Channel.SMS:
                        yield _Text(way.common.place, way.kind or playbook.kind)
            case SurveyStep(channel=Channel.SMS):
                yield _Text(step.common.place, playbook.kind)
            case _:
                pass


@lru_cache(maxsize=64)
def first_wrong_minute(quiet: Window | None, legal: Window) -> time | None:
    """Give the first minute of the day that is neither quiet nor legal; None where all are."""
    free = (clock for clock in _MINUTES if quiet is None or not _is_in(clock, quiet))
    return next((clock for clock in free if not _is_in(clock, legal)), None)


def _is_in(clock: time, window: Window) -> bool:
    if window.crosses_midnight:
        return clock >= window.start or clock < window.end
    return window.start <= clock < window.end


def _finding(wrong: _Wrong, legal: Window, today: date, *, rests_on: tuple[str, ...]) -> Finding:
    moment, zone = first_moment(wrong.clock, today)
    shown = moment.astimezone(zone_named(zone))
    return Finding(
        wrong.text.place,
        f"this text may go out at {clock_text(wrong.clock)}, and the law lets none arrive but from "
        f"{legal}",
        f"first in {zone}, on {shown:%A} {shown.day} {shown:%B %Y}; its quiet hours are "
        f"{wrong.quiet}: write  quiet_hours: {_both(wrong.quiet, legal)}  or, if another law "
        "holds, say so in policies.yaml:  legal_hours: …",
        doubted_by=_of_hours,
        rests_on=rests_on,
    )


def _both(quiet: Window | None, legal: Window) -> Window:
    """Give the quiet hours that keep to the law, and are quiet as well where they were."""
    by_law = Window(legal.end, legal.start)
    if quiet is None or not (quiet.crosses_midnight and by_law.crosses_midnight):
        return by_law
    return Window(min(quiet.start, by_law.start), max(quiet.end, by_law.end))


def _of_hours(problem: Problem) -> bool:
    said = f"{problem.message} {problem.replacement or ''}"
    return "quiet_hours" in said or "legal_hours" in said or "part of the day" in said


@lru_cache(maxsize=64)
def first_moment(clock: time, today: date) -> tuple[datetime, str]:
    """Give the first moment of a day or later at which a clock anywhere shows a time, and where."""
    midnight = datetime.combine(today, time(), UTC)
    found = []
    for name in sorted(available_timezones()):
        zone = zone_named(name)
        for ahead in range(-1, _TWO_YEARS):
            moment = local_moment(today + ahead * _DAY, clock, zone)
            # Where the clocks are put forward, a day may lack the time.
            if moment >= midnight and moment.astimezone(zone).time() == clock:
                found.append((moment, name))
                break
    return min(found)
