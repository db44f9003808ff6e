"""Schedules: when a clock last struck, and when it strikes next."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.ticking import latest_tick, next_tick
from keepwarm.engine.timing import zone_named
from keepwarm.schema.phrases import Read, Schedule, read_schedule

AMSTERDAM = zone_named("Europe/Amsterdam")


def every(said: str) -> Schedule:
    read = read_schedule(said)
    assert isinstance(read, Read), read
    return read.value


def at(text: str, zone: str = "Europe/Amsterdam") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone_named(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("said", "now", "latest", "following"),
    [
        ("day at 09:30", "2026-06-03 09:29:59", "2026-06-02 09:30", "2026-06-03 09:30"),
        ("day at 09:30", "2026-06-03 09:30", "2026-06-03 09:30", "2026-06-04 09:30"),
        ("day at 00:00", "2026-06-03 00:00", "2026-06-03 00:00", "2026-06-04 00:00"),
        ("weekday at 09:00", "2026-06-06 12:00", "2026-06-05 09:00", "2026-06-08 09:00"),
        ("weekday at 09:00", "2026-06-08 08:59", "2026-06-05 09:00", "2026-06-08 09:00"),
        ("Monday at 09:00", "2026-06-08 08:59", "2026-06-01 09:00", "2026-06-08 09:00"),
        ("Sunday at 09:00", "2026-06-08 08:59", "2026-06-07 09:00", "2026-06-14 09:00"),
        ("month on day 1 at 08:00", "2026-06-01 08:00", "2026-06-01 08:00", "2026-07-01 08:00"),
        ("month on day 31 at 08:00", "2026-03-01 08:00", "2026-02-28 08:00", "2026-03-31 08:00"),
        ("month on day 31 at 08:00", "2026-04-30 08:00", "2026-04-30 08:00", "2026-05-31 08:00"),
        ("month on day 29 at 08:00", "2028-03-01 00:00", "2028-02-29 08:00", "2028-03-29 08:00"),
        ("month on day 1 at 08:00", "2026-01-01 07:00", "2025-12-01 08:00", "2026-01-01 08:00"),
        ("15 minutes", "2026-06-03 09:29", "2026-06-03 09:15", "2026-06-03 09:30"),
        ("15 minutes", "2026-06-03 09:30", "2026-06-03 09:30", "2026-06-03 09:45"),
        ("2 hours", "2026-06-03 23:59", "2026-06-03 22:00", "2026-06-04 00:00"),
    ],
)
def test_a_clock_strikes(said: str, now: str, latest: str, following: str) -> None:
    assert latest_tick(every(said), at(now), AMSTERDAM) == at(latest)
    assert next_tick(every(said), at(now), AMSTERDAM) == at(following)


def test_intervals_begin_anew_at_midnight() -> None:
    evening = at("2026-06-03 22:00")
    assert latest_tick(every("7 hours"), evening, AMSTERDAM) == at("2026-06-03 21:00")
    assert next_tick(every("7 hours"), evening, AMSTERDAM) == at("2026-06-04 00:00")


def test_a_skipped_time_strikes_after_the_gap_and_one_shown_twice_strikes_once() -> None:
    half_past_two = every("day at 02:30")
    spring = at("2026-03-29 12:00")
    assert latest_tick(half_past_two, spring, AMSTERDAM) == at("2026-03-29 03:00")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    again = first + timedelta(hours=1)
    assert latest_tick(half_past_two, again, AMSTERDAM) == first
    assert next_tick(half_past_two, first, AMSTERDAM) == at("2026-10-26 02:30")


def test_a_day_of_23_hours_and_one_of_25_lose_no_interval() -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        now = at(f"{day} 00:00")
        end = now + timedelta(hours=hours)
        struck = [now]
        while struck[-1] < end:
            struck.append(next_tick(every("2 hours"), struck[-1], AMSTERDAM))
        assert struck[-1] == end == at(f"{day} 00:00") + timedelta(hours=hours)
        assert len(struck) == (hours + 1) // 2 + 1


def test_midnight_that_did_not_exist_strikes_at_one() -> None:
    zone = zone_named("America/Sao_Paulo")
    noon = at("2018-11-04 12:00", "America/Sao_Paulo")
    assert latest_tick(every("day at 00:00"), noon, zone).astimezone(zone).time() == time(1)


schedules = st.sampled_from(
    [
        *("7 minutes", "15 minutes", "45 minutes", "1 hour", "2 hours", "7 hours", "24 hours"),
        *("day at 00:00", "day at 02:30", "weekday at 09:00", "Monday at 02:30"),
        *("month on day 1 at 00:00", "month on day 31 at 23:30"),
    ]
).map(every)
zones = st.sampled_from(
    ["UTC", "Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata"]
).map(zone_named)
moments = st.integers(0, 20 * 365 * 24 * 60).map(
    lambda minutes: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(schedule=schedules, zone=zones, now=moments)
@settings(max_examples=150)
def test_nothing_strikes_between_the_last_time_and_the_next(
    schedule: Schedule, zone: ZoneInfo, now: datetime
) -> None:
    latest, following = latest_tick(schedule, now, zone), next_tick(schedule, now, zone)
    assert latest <= now < following
    assert latest_tick(schedule, latest, zone) == latest
    assert latest_tick(schedule, following, zone) == following
    assert latest_tick(schedule, following - timedelta(microseconds=1), zone) == latest
