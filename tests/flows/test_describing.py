"""What Prefect's pages say of a playbook, and when they say it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from keepwarm.schema.phrases import EveryDay, EveryInterval, EveryMonth, EveryWeek, Length, Unit
from keepwarm.schema.playbook import OnSchedule
from tests.flows.pretending import live_playbooks

BERLIN = ZoneInfo("Europe/Berlin")


async def next_of(schedule: Any, count: int = 3, zone: str = "Europe/Berlin") -> list[str]:
    """The next moments, by Prefect's own reckoning, in local time."""
    from prefect.server.schemas.schedules import CronSchedule, RRuleSchedule

    from keepwarm.flows.prefect.describing import schedule_of

    plan = live_playbooks()["dormant-win-back"].plan
    assert isinstance(plan.start, OnSchedule)
    plan = replace(plan, timezone=zone, start=replace(plan.start, schedule=schedule))
    made = schedule_of(plan)
    assert made is not None
    kind = CronSchedule if hasattr(made, "cron") else RRuleSchedule
    served = kind.model_validate(made.model_dump())
    dates = await served.get_dates(count, start=datetime(2027, 1, 1, tzinfo=UTC))
    return [f"{each.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for each in dates]


async def test_a_month_without_the_day_has_its_last_day_instead() -> None:
    found = await next_of(EveryMonth(30, time(8, 15)))
    assert found == ["2027-01-30 08:15", "2027-02-28 08:15", "2027-03-30 08:15"]
    found = await next_of(EveryMonth(31, time(8, 15)), 4)
    assert [each[5:10] for each in found] == ["01-31", "02-28", "03-31", "04-30"]


async def test_schedules_keep_the_time_of_day_of_the_projects_zone() -> None:
    assert await next_of(EveryDay(time(9, 30)), 1) == ["2027-01-01 09:30"]


@pytest.mark.parametrize("number", range(7))
async def test_every_weekday_is_the_right_one(number: int) -> None:
    from keepwarm.schema.phrases import Weekday

    day = list(Weekday)[number]
    (found,) = await next_of(EveryWeek(day, time(9)), 1)
    assert datetime.fromisoformat(found).weekday() == day.number


async def test_an_interval_is_looked_at_at_its_moments() -> None:
    every = EveryInterval(Length(90, Unit.MINUTE))
    assert [each[11:] for each in await next_of(every)] == ["01:00", "01:30", "02:00"]
    hours = EveryInterval(Length(2, Unit.HOUR))
    assert [each[11:] for each in await next_of(hours, 2, "UTC")] == ["00:00", "02:00"]


def test_the_description_names_the_owner_and_draws_the_picture() -> None:
    from keepwarm.flows.prefect.describing import description

    plan = live_playbooks()["failed-payment"].plan
    said = description(plan, 4)
    assert "version 4" in said
    assert plan.owner in said
    assert "when payment_failed arrives" in said
    assert "```mermaid\nflowchart TD" in said


def test_a_run_leads_to_the_messages_the_picture_and_the_reasons() -> None:
    from keepwarm.flows.prefect.artifacts import summary
    from keepwarm.flows.tally import Tally

    said = summary("a/b", Tally(), "https://keepwarm.example")
    for path in ("/outbox?playbook=a%2Fb", "/playbooks/a%2Fb", "/explain?playbook=a%2Fb"):
        assert f"(https://keepwarm.example{path})" in said
    assert "](" not in summary("a", Tally(), "")
