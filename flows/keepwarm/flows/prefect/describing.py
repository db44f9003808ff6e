"""A plan as Prefect shows it: schedule, tags, and a description with the picture."""

from __future__ import annotations

import math
from datetime import time
from typing import Any, Final, assert_never

from prefect.client.schemas.schedules import CronSchedule, RRuleSchedule

from keepwarm.engine.drawing import entry_sentence, mermaid, step_sentence
from keepwarm.engine.plan import Plan
from keepwarm.schema.phrases import (
    EveryDay,
    EveryInterval,
    EveryMonth,
    EveryWeek,
    EveryWeekday,
    Length,
    Schedule,
    Unit,
)
from keepwarm.schema.playbook import OnDate, OnSchedule, WhenBecomes, WhenCalled, WhenEvent
from keepwarm.schema.schedules import LAST_SAFE_DAY

#: How often playbooks look at dates and at who began to match: nothing else would wake them.
_LOOK_EVERY: Final = "*/15 * * * *"

_HOUR: Final = 60


def schedule_of(plan: Plan) -> CronSchedule | RRuleSchedule | None:
    """Give the deployment's schedule, in the project's zone; None where events alone start runs."""
    match plan.start:
        case OnSchedule(schedule=schedule):
            return _schedule(schedule, plan.timezone)
        case OnDate() | WhenBecomes():
            return CronSchedule(cron=_LOOK_EVERY, timezone=plan.timezone)
        case WhenEvent() | WhenCalled():
            return None
        case _:
            assert_never(plan.start)


def _schedule(schedule: Schedule, zone: str) -> CronSchedule | RRuleSchedule:
    match schedule:
        case EveryDay(at):
            cron = f"{at.minute} {at.hour} * * *"
        case EveryWeekday(at):
            cron = f"{at.minute} {at.hour} * * 1-5"
        case EveryWeek(on, at):
            cron = f"{at.minute} {at.hour} * * {(on.number + 1) % 7}"
        case EveryMonth(day, at) if day > LAST_SAFE_DAY:
            return _last_of_days(day, at, zone)
        case EveryMonth(day, at):
            cron = f"{at.minute} {at.hour} {day} * *"
        case EveryInterval(length):
            cron = _interval(length)
        case _:
            assert_never(schedule)
    return CronSchedule(cron=cron, timezone=zone)


def _last_of_days(day: int, at: time, zone: str) -> RRuleSchedule:
    """Give the day of the month, or the last day of a month that has no such day.

    Cron's `L` would be the 31st where the 30th is meant.
    """
    days = ",".join(str(each) for each in range(LAST_SAFE_DAY, day + 1))
    return RRuleSchedule(
        rrule=f"DTSTART:20240101T{at:%H%M}00\n"
        f"RRULE:FREQ=MONTHLY;BYMONTHDAY={days};BYSETPOS=-1;"
        f"BYHOUR={at.hour};BYMINUTE={at.minute};BYSECOND=0",
        timezone=zone,
    )


def _interval(length: Length) -> str:
    """Give an interval as clock times, so that applying a version again does not shift them.

    An interval that does not fit its hour or day evenly is looked at as often as its shortest
    part; the rows know when it is really due.
    """
    minutes = length.amount * (_HOUR if length.unit is Unit.HOUR else 1)
    if minutes < _HOUR:
        return f"*/{math.gcd(max(minutes, 1), _HOUR)} * * * *"
    if minutes % _HOUR:
        return f"*/{math.gcd(minutes, _HOUR)} * * * *"
    return f"0 */{math.gcd(minutes // _HOUR, 24)} * * *"


def tags_of(plan: Plan) -> list[str]:
    """Give what operators filter by: the owner, the kind, the channels and the status."""
    channels = sorted(str(channel) for channel in plan.channels)
    return [f"owner:{plan.owner}", str(plan.kind), str(plan.status), *channels]


def description(plan: Plan, number: int) -> str:
    """Give what the deployment's page says: who answers for it, and what it does."""
    steps = (f"{index}. {step_sentence(step)}" for index, step in enumerate(plan.steps, 1))
    return "\n".join(
        (
            f"**{plan.title}** · version {number} · {plan.status} · owner: {plan.owner}",
            "",
            f"Customers enter {entry_sentence(plan)}. Times are in {plan.timezone}.",
            "",
            *steps,
            "",
            "```mermaid",
            mermaid(plan),
            "```",
        ),
    )


def parameters_of(playbook: str) -> dict[str, Any]:
    """Give the parameters with which a deployment's runs start."""
    return {"playbook": playbook, "because": "the schedule says so"}
