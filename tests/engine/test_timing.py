"""Time as customers live it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from keepwarm.engine.timing import (
    after,
    before,
    due_for,
    is_quiet,
    last_day_of,
    local_moment,
    next_open,
    next_time,
    next_weekday,
    shifted_day,
    start_of_days,
    team_of,
    works_on,
    zone_named,
)
from keepwarm.schema.catalog import Team
from keepwarm.schema.phrases import ALL_DAYS, WORKDAYS, Length, Unit, Weekday, Window, Works

AMSTERDAM = zone_named("Europe/Amsterdam")
NEW_YORK = zone_named("America/New_York")
NIGHT = Window(time(21), time(8))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> datetime:
    """Give the instant of a local time that exists once."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


# ── Local moments ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        ("Europe/Amsterdam", "2026-01-15 09:00", "2026-01-15 08:00"),
        ("Europe/Amsterdam", "2026-07-15 09:00", "2026-07-15 07:00"),
        ("Asia/Kolkata", "2026-07-15 09:00", "2026-07-15 03:30"),
        ("Asia/Kathmandu", "2026-07-15 09:00", "2026-07-15 03:15"),
        ("Pacific/Kiritimati", "2026-07-15 09:00", "2026-07-14 19:00"),
    ],
)
def test_a_clock_time_is_the_instant_at_which_clocks_there_show_it(
    zone: str, local: str, expected: str
) -> None:
    wanted = datetime.fromisoformat(local)
    assert local_moment(wanted.date(), wanted.time(), zone_named(zone)) == utc(expected)


@pytest.mark.parametrize(
    ("zone", "skipped", "expected"),
    [
        ("Europe/Amsterdam", "2026-03-29 02:30", "2026-03-29 01:00"),
        ("Europe/Amsterdam", "2026-03-29 02:00", "2026-03-29 01:00"),
        ("America/New_York", "2026-03-08 02:59:59.999999", "2026-03-08 07:00"),
        # Half an hour only.
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
        # Midnight itself did not exist.
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 03:00"),
        # A whole day did not exist.
        ("Pacific/Apia", "2011-12-30 10:00", "2011-12-30 10:00"),
        # Clocks go forward when Ramadan is over.
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:00"),
    ],
)
def test_a_time_that_clocks_skip_is_the_first_instant_after_the_gap(
    zone: str, skipped: str, expected: str
) -> None:
    wanted = datetime.fromisoformat(skipped)
    assert local_moment(wanted.date(), wanted.time(), zone_named(zone)) == utc(expected)


@pytest.mark.parametrize("skipped", [time(2, 0, 1), time(2, 17, 43), time(2, 41, 7)])
def test_all_times_that_clocks_skip_are_one_instant(skipped: time) -> None:
    assert local_moment(date(2026, 3, 29), skipped, AMSTERDAM) == utc("2026-03-29 01:00")


@pytest.mark.parametrize(
    ("zone", "twice", "expected"),
    [
        ("Europe/Amsterdam", "2026-10-25 02:30", "2026-10-25 00:30"),
        ("America/New_York", "2026-11-01 01:00", "2026-11-01 05:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18 01:30"),
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30"),
    ],
)
def test_a_time_that_clocks_show_twice_is_the_first(zone: str, twice: str, expected: str) -> None:
    wanted = datetime.fromisoformat(twice)
    for fold in (0, 1):
        clock = wanted.time().replace(fold=fold)
        assert local_moment(wanted.date(), clock.replace(fold=0), zone_named(zone)) == utc(expected)


def test_moments_are_given_in_utc() -> None:
    assert local_moment(date(2026, 3, 29), time(2, 30), AMSTERDAM).tzinfo is UTC
    assert local_moment(date(2026, 7, 1), time(9), AMSTERDAM).tzinfo is UTC


# ── Lengths ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "length", "expected"),
    [
        ("2026-01-31", Length(1, Unit.MONTH), "2026-02-28"),
        ("2028-01-31", Length(1, Unit.MONTH), "2028-02-29"),
        ("2026-01-31", Length(2, Unit.MONTH), "2026-03-31"),
        ("2026-11-30", Length(3, Unit.MONTH), "2027-02-28"),
        ("2026-12-31", Length(12, Unit.MONTH), "2027-12-31"),
        ("2028-02-29", Length(1, Unit.YEAR), "2029-02-28"),
        ("2028-02-29", Length(4, Unit.YEAR), "2032-02-29"),
        ("2026-12-30", Length(1, Unit.WEEK), "2027-01-06"),
        ("2026-12-30", Length(2, Unit.DAY), "2027-01-01"),
        ("2026-12-30", Length(0, Unit.DAY), "2026-12-30"),
    ],
)
def test_a_day_that_a_month_does_not_have_becomes_its_last(
    day: str, length: Length, expected: str
) -> None:
    assert shifted_day(date.fromisoformat(day), length) == date.fromisoformat(expected)
    assert after(at(f"{day} 09:30"), length, AMSTERDAM) == at(f"{expected} 09:30")


@pytest.mark.parametrize(
    ("day", "length", "expected"),
    [
        ("2026-03-31", Length(1, Unit.MONTH), "2026-02-28"),
        ("2026-01-15", Length(1, Unit.MONTH), "2025-12-15"),
        ("2026-01-15", Length(13, Unit.MONTH), "2024-12-15"),
        ("2024-02-29", Length(1, Unit.YEAR), "2023-02-28"),
        ("2026-03-01", Length(1, Unit.DAY), "2026-02-28"),
        ("2026-01-01", Length(90, Unit.DAY), "2025-10-03"),
    ],
)
def test_before_counts_backwards_by_the_same_rules(day: str, length: Length, expected: str) -> None:
    assert before(at(f"{day} 09:30"), length, AMSTERDAM) == at(f"{expected} 09:30")


def test_a_night_without_length_is_none() -> None:
    assert not is_quiet(at("2026-06-01 09:00"), Window(time(9), time(9)), AMSTERDAM)


@pytest.mark.parametrize("unit", [Unit.MINUTE, Unit.HOUR, Unit.WORKING_HOUR])
def test_hours_are_no_number_of_days(unit: Unit) -> None:
    with pytest.raises(ValueError, match="is not a number of days"):
        shifted_day(date(2026, 1, 1), Length(24, unit))


def test_days_keep_the_clock_time_over_a_change_of_clocks_and_hours_do_not() -> None:
    eve = at("2026-03-28 09:00")
    assert after(eve, Length(1, Unit.DAY), AMSTERDAM) == at("2026-03-29 09:00")
    assert after(eve, Length(24, Unit.HOUR), AMSTERDAM) == at("2026-03-29 10:00")
    assert after(eve, Length(90, Unit.MINUTE), AMSTERDAM) == at("2026-03-28 10:30")
    eve = at("2026-10-24 09:00")
    assert after(eve, Length(1, Unit.WEEK), AMSTERDAM) == at("2026-10-31 09:00")
    assert after(eve, Length(24, Unit.HOUR), AMSTERDAM) == at("2026-10-25 08:00")


def test_a_day_later_than_the_second_half_past_two_is_half_past_two() -> None:
    second = utc("2026-10-25 01:30")
    assert second.astimezone(AMSTERDAM).time() == time(2, 30)
    assert after(second, Length(1, Unit.DAY), AMSTERDAM) == at("2026-10-26 02:30")
    assert after(second, Length(0, Unit.DAY), AMSTERDAM) == second - timedelta(hours=1)
    # And back: of the two, the first, also from the next day's winter time.
    assert before(at("2026-10-26 02:30"), Length(1, Unit.DAY), AMSTERDAM) == utc("2026-10-25 00:30")


@pytest.mark.parametrize(
    ("year", "month", "days"), [(2026, 2, 28), (2028, 2, 29), (2076, 2, 29), (2026, 12, 31)]
)
def test_months_have_their_days(year: int, month: int, days: int) -> None:
    assert last_day_of(year, month) == days


# ── The next time ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-06-01 08:59", "2026-06-01 09:00"),
        ("2026-06-01 09:00", "2026-06-01 09:00"),
        ("2026-06-01 09:00:00.000001", "2026-06-02 09:00"),
        ("2026-06-01 23:59", "2026-06-02 09:00"),
    ],
)
def test_the_next_nine_may_be_now(now: str, expected: str) -> None:
    assert next_time(at(now), time(9), AMSTERDAM) == at(expected)


def test_a_time_that_comes_twice_in_a_night_is_next_only_once() -> None:
    first = utc("2026-10-25 00:30")
    assert next_time(first, time(2, 30), AMSTERDAM) == first
    again = next_time(first + timedelta(seconds=1), time(2, 30), AMSTERDAM)
    assert again == at("2026-10-26 02:30")


def test_a_skipped_time_is_next_after_the_gap() -> None:
    assert next_time(at("2026-03-29 01:00"), time(2, 30), AMSTERDAM) == utc("2026-03-29 01:00")


@pytest.mark.parametrize(
    ("now", "weekday", "expected"),
    [
        ("2026-06-01 08:00", 0, "2026-06-01 09:00"),
        ("2026-06-01 09:00", 0, "2026-06-01 09:00"),
        ("2026-06-01 09:01", 0, "2026-06-08 09:00"),
        ("2026-06-01 09:01", 6, "2026-06-07 09:00"),
        ("2026-06-03 09:01", 1, "2026-06-09 09:00"),
    ],
)
def test_the_next_weekday_is_today_until_the_time_has_passed(
    now: str, weekday: int, expected: str
) -> None:
    assert next_weekday(at(now), weekday, time(9), AMSTERDAM) == at(expected)


def test_a_weekday_is_that_of_the_customers_own_calendar() -> None:
    sunday_in_new_york = utc("2026-06-08 02:00")  # Monday in UTC
    found = next_weekday(sunday_in_new_york, 6, time(23), NEW_YORK)
    assert found == at("2026-06-07 23:00", NEW_YORK)


# ── Quiet hours ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("07:59:59.999999", True),
        ("08:00", False),
        ("20:59:59.999999", False),
        ("21:00", True),
        ("00:00", True),
        ("12:00", False),
    ],
)
def test_the_night_begins_at_nine_and_is_over_at_eight(clock: str, quiet: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    assert is_quiet(at(f"2026-06-01 {clock}"), NIGHT, AMSTERDAM) is quiet


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("11:59:59", False), ("12:00", True), ("13:59:59", True), ("14:00", False), ("00:00", False)],
)
def test_quiet_hours_may_lie_within_a_day(clock: str, quiet: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    assert is_quiet(at(f"2026-06-01 {clock}"), Window(time(12), time(14)), AMSTERDAM) is quiet


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-06-01 20:59:59", "2026-06-01 20:59:59"),
        ("2026-06-01 21:00", "2026-06-02 08:00"),
        ("2026-06-02 07:59:59", "2026-06-02 08:00"),
        ("2026-06-02 08:00", "2026-06-02 08:00"),
        # An hour less of night, and an hour more.
        ("2026-03-28 23:00", "2026-03-29 08:00"),
        ("2026-10-24 23:00", "2026-10-25 08:00"),
    ],
)
def test_what_comes_at_night_waits_until_eight(now: str, opens: str) -> None:
    assert next_open(at(now), NIGHT, [AMSTERDAM]) == at(opens)


def test_several_zones_must_all_be_awake() -> None:
    los_angeles = zone_named("America/Los_Angeles")
    morning = at("2026-06-01 08:30", NEW_YORK)
    opens = at("2026-06-01 08:00", los_angeles)
    assert next_open(morning, NIGHT, [NEW_YORK, los_angeles]) == opens
    assert next_open(morning, NIGHT, [los_angeles, NEW_YORK]) == opens
    evening = at("2026-06-01 19:00", los_angeles)  # 22:00 in New York
    tomorrow = at("2026-06-02 08:00", los_angeles)
    assert next_open(evening, NIGHT, [NEW_YORK, los_angeles]) == tomorrow


def test_zones_without_a_common_hour_are_never_open() -> None:
    zones = [zone_named(name) for name in ("Asia/Tokyo", "America/New_York", "Europe/London")]
    assert next_open(utc("2026-06-01 12:00"), NIGHT, zones) is None


def test_without_a_zone_it_is_always_open() -> None:
    now = utc("2026-06-01 23:00")
    assert next_open(now, NIGHT, []) == now


def test_an_end_that_clocks_show_twice_ends_the_quiet_hours_both_times() -> None:
    quiet = Window(time(21), time(1, 30))
    second_time = utc("2026-11-01 06:10")  # 01:10 for the second time
    assert is_quiet(second_time, quiet, NEW_YORK)
    assert next_open(second_time, quiet, [NEW_YORK]) == utc("2026-11-01 06:30")


def test_quiet_hours_that_clocks_skip_out_of_are_over_with_the_gap() -> None:
    quiet = Window(time(21), time(2, 30))
    opens = next_open(at("2026-03-29 01:30"), quiet, [AMSTERDAM])
    assert opens == at("2026-03-29 03:00")


def test_clocks_that_fall_back_before_the_quiet_hours_open_them_for_a_while() -> None:
    quiet = Window(time(1, 15), time(5))
    opens = next_open(utc("2026-11-01 05:30"), quiet, [NEW_YORK])
    assert opens == utc("2026-11-01 06:00")  # 01:00 again


# ── Calendar days ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "now", "days", "expected"),
    [
        ("Europe/Amsterdam", "2026-06-10 22:30", 1, "2026-06-10 22:00"),
        ("Europe/Amsterdam", "2026-06-10 21:30", 1, "2026-06-09 22:00"),
        ("Europe/Amsterdam", "2026-06-10 12:00", 7, "2026-06-03 22:00"),
        # Over the change of clocks the days are the calendar's, and not so many hours.
        ("Europe/Amsterdam", "2026-03-30 12:00", 7, "2026-03-23 23:00"),
        ("America/Sao_Paulo", "2018-11-04 12:00", 1, "2018-11-04 03:00"),
        ("Asia/Kolkata", "2026-06-10 19:00", 1, "2026-06-10 18:30"),
    ],
)
def test_days_begin_at_the_customers_midnight(
    zone: str, now: str, days: int, expected: str
) -> None:
    assert start_of_days(utc(now), days, zone_named(zone)) == utc(expected)


# ── Working time ─────────────────────────────────────────────────────────────────────────────


def team(
    days: tuple[Weekday, ...] = WORKDAYS,
    opens: time = time(9),
    closes: time = time(17, 30),
    holidays: frozenset[date] = frozenset(),
) -> Team:
    works = Works(days, Window(opens, closes))
    return Team("care", ("ann@acme.example",), works, "Europe/Amsterdam", None, holidays)


def due(who: Team | None, moment: str, amount: int, unit: Unit) -> datetime:
    # The customer's own zone does not matter where there is a team.
    zone = NEW_YORK if who else AMSTERDAM
    return due_for(who, at(moment), Length(amount, unit), zone)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-06-01 10:00", 4, "2026-06-01 14:00"),
        ("2026-06-01 13:30", 4, "2026-06-01 17:30"),
        ("2026-06-01 16:00", 4, "2026-06-02 11:30"),
        ("2026-06-01 07:00", 4, "2026-06-01 13:00"),
        ("2026-06-01 20:00", 4, "2026-06-02 13:00"),
        ("2026-06-05 16:00", 4, "2026-06-08 11:30"),  # over a weekend
        ("2026-06-06 12:00", 4, "2026-06-08 13:00"),
        ("2026-06-01 10:00", 20, "2026-06-03 13:00"),
        # The change of clocks is on a Sunday, when nobody works.
        ("2026-03-27 16:30", 4, "2026-03-30 12:00"),
    ],
)
def test_working_hours_pass_while_the_team_works(moment: str, hours: int, expected: str) -> None:
    assert due(team(), moment, hours, Unit.WORKING_HOUR) == at(expected)


def test_a_night_of_23_hours_has_an_hour_less_of_work() -> None:
    nights = team(ALL_DAYS, time(0), time(8))
    assert due(nights, "2026-03-29 00:00", 7, Unit.WORKING_HOUR) == at("2026-03-29 08:00")
    assert due(nights, "2026-10-25 00:00", 9, Unit.WORKING_HOUR) == at("2026-10-25 08:00")


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-06-01 10:00", 1, "2026-06-02 10:00"),
        ("2026-06-05 10:00", 1, "2026-06-08 10:00"),
        ("2026-06-06 10:00", 1, "2026-06-08 10:00"),
        ("2026-06-01 20:00", 1, "2026-06-02 17:30"),
        ("2026-06-01 07:00", 2, "2026-06-03 09:00"),
        ("2026-03-27 10:00", 1, "2026-03-30 10:00"),
    ],
)
def test_a_working_day_later_is_the_same_time_within_the_teams_hours(
    moment: str, days: int, expected: str
) -> None:
    assert due(team(), moment, days, Unit.WORKING_DAY) == at(expected)


def test_nobody_works_on_a_holiday() -> None:
    closed = team(holidays=frozenset({date(2026, 6, 2)}))
    assert works_on(closed, date(2026, 6, 1))
    assert not works_on(closed, date(2026, 6, 2))
    assert not works_on(closed, date(2026, 6, 6))
    assert due(closed, "2026-06-01 16:30", 2, Unit.WORKING_HOUR) == at("2026-06-03 10:00")
    assert due(closed, "2026-06-01 10:00", 1, Unit.WORKING_DAY) == at("2026-06-03 10:00")


def test_a_person_without_a_team_works_always() -> None:
    assert due(None, "2026-06-05 16:00", 4, Unit.WORKING_HOUR) == at("2026-06-05 20:00")
    assert due(None, "2026-06-05 16:00", 1, Unit.WORKING_DAY) == at("2026-06-06 16:00")


def test_a_person_works_when_the_team_does() -> None:
    care = team()
    assert team_of({"care": care}, "care") is care
    assert team_of({"bosses": replace(care, members=()), "care": care}, "ann@acme.example") is care
    assert team_of({"care": care}, "eve@acme.example") is None


def test_plain_hours_pass_at_night_too() -> None:
    assert due(team(), "2026-06-05 16:00", 4, Unit.HOUR) == at("2026-06-05 20:00")


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    nights = team(opens=time(22), closes=time(6))
    assert due(nights, "2026-06-01 12:00", 4, Unit.WORKING_HOUR) == at("2026-06-02 02:00")
    # Friday's shift ends on Saturday morning; the next one is Monday's.
    assert due(nights, "2026-06-06 05:00", 2, Unit.WORKING_HOUR) == at("2026-06-08 23:00")
    assert due(nights, "2026-06-02 02:00", 1, Unit.WORKING_DAY) == at("2026-06-03 02:00")
    assert due(nights, "2026-06-05 23:00", 1, Unit.WORKING_DAY) == at("2026-06-08 23:00")
    # At six it is over, and so the next day's counts.
    assert due(nights, "2026-06-02 06:00", 1, Unit.WORKING_DAY) == at("2026-06-03 22:00")


def test_a_shift_may_end_at_midnight() -> None:
    late = team(opens=time(16), closes=time(0))
    assert due(late, "2026-06-01 23:00", 2, Unit.WORKING_HOUR) == at("2026-06-02 17:00")
    assert due(late, "2026-06-05 23:00", 1, Unit.WORKING_DAY) == at("2026-06-08 23:00")
