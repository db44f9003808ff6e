"""Dates that let somebody in, on the customer's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from keepwarm.engine.due_dates import dates_in_question, next_due, occurrence_due
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.phrases import Length, Unit
from keepwarm.schema.playbook import OnDate

RENEWAL = OnDate("renewal", time(9), Length(90, Unit.DAY), before=True)
BIRTHDAY = OnDate("born", time(9), yearly=True)
HOUR = timedelta(hours=1)


def turn(start: OnDate, text: str, zone: str, now: datetime, since: datetime) -> date | None:
    """Ask as the store does: first for what may be meant, then for the customer."""
    kind = FactKind.DATE if len(text) == 10 else FactKind.MOMENT
    asked = dates_in_question(start, kind, since, now)
    looked_for = text[5:10] if asked.yearly else text[:10]
    found = occurrence_due(start, text, zone, since, now)
    assert found is None or looked_for in asked.days
    return found


@pytest.mark.parametrize(
    ("zone", "hour_utc"),
    [("UTC", 9), ("Europe/Amsterdam", 8), ("America/New_York", 14), ("Pacific/Kiritimati", -5)],
)
def test_a_renewal_is_due_at_nine_where_the_customer_lives(zone: str, hour_utc: int) -> None:
    due = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(hours=hour_utc)
    text = (date(2026, 1, 15) + timedelta(days=90)).isoformat()
    assert turn(RENEWAL, text, zone, due, due - HOUR) == date.fromisoformat(text)
    assert turn(RENEWAL, text, zone, due - HOUR, due - 2 * HOUR) is None
    assert turn(RENEWAL, text, zone, due + HOUR, due) is None


def test_what_fell_due_in_a_week_of_downtime_is_due() -> None:
    now = datetime(2026, 1, 20, tzinfo=UTC)
    text = (date(2026, 1, 15) + timedelta(days=90)).isoformat()
    assert turn(RENEWAL, text, "UTC", now, now - timedelta(days=7)) is not None


def test_a_birthday_comes_every_year_but_the_first() -> None:
    for year, comes in ((2024, False), (2025, True), (2026, True)):
        now = datetime(year, 5, 17, 9, tzinfo=UTC)
        found = turn(BIRTHDAY, "2024-05-17", "UTC", now, now - HOUR)
        assert found == (date(year, 5, 17) if comes else None)


def test_the_twenty_ninth_of_february_comes_on_the_twenty_eighth_in_other_years() -> None:
    common = datetime(2027, 2, 28, 9, tzinfo=UTC)
    leap = datetime(2028, 2, 28, 9, tzinfo=UTC)
    assert turn(BIRTHDAY, "2000-02-29", "UTC", common, common - HOUR) == date(2027, 2, 28)
    assert turn(BIRTHDAY, "2000-02-29", "UTC", leap, leap - HOUR) is None
    # Where it is the 28th of February while it is the 27th in UTC.
    early = datetime(2027, 2, 27, 19, tzinfo=UTC)
    easternmost = "Pacific/Kiritimati"
    assert turn(BIRTHDAY, "2000-02-29", easternmost, early, early - HOUR) == date(2027, 2, 28)
    next_day = leap + timedelta(days=1)
    assert turn(BIRTHDAY, "2000-02-29", "UTC", next_day, next_day - HOUR) == date(2028, 2, 29)


def test_an_anniversary_may_come_before_new_year_for_a_day_after_it() -> None:
    start = OnDate("born", time(9), Length(1, Unit.WEEK), before=True, yearly=True)
    now = datetime(2026, 12, 29, 9, tzinfo=UTC)
    assert turn(start, "2000-01-05", "UTC", now, now - HOUR) == date(2027, 1, 5)


def test_a_moment_counts_by_the_day_on_the_customers_calendar() -> None:
    start = OnDate("signed_up_at", time(9), Length(1, Unit.DAY), before=False)
    now = datetime(2026, 1, 16, 22, tzinfo=UTC)  # 9:00 on the 17th in Auckland, roughly
    late_in_utc = "2026-01-15T20:00:00.000000Z"  # the 16th in Auckland
    found = turn(start, late_in_utc, "Pacific/Auckland", now, now - 3 * HOUR)
    assert found == date(2026, 1, 16)


@pytest.mark.parametrize("text", ["2026-02-31", "2026-13-01", "soon"])
def test_what_is_no_day_is_never_due(text: str) -> None:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    start = OnDate("born", time(9))
    assert occurrence_due(start, text, "UTC", now - timedelta(days=400), now) is None


def test_a_turn_that_was_taken_is_not_the_next() -> None:
    turn_of_2027 = datetime(2027, 5, 17, 9, tzinfo=UTC)
    assert next_due(BIRTHDAY, "2024-05-17", "UTC", turn_of_2027 - HOUR) == turn_of_2027
    assert next_due(BIRTHDAY, "2024-05-17", "UTC", turn_of_2027) == datetime(
        2028, 5, 17, 9, tzinfo=UTC
    )


def test_the_days_that_are_looked_for_are_those_that_may_be_meant() -> None:
    noon = datetime(2027, 2, 28, 12, tzinfo=UTC)
    signed_up = OnDate("signed_up_at", time(9), Length(1, Unit.DAY), before=False)
    day = timedelta(days=1)
    # On one side of the day or the other, by where the customer lives; a moment has no day yet.
    dates = dates_in_question(signed_up, FactKind.DATE, noon - HOUR, noon).days
    moments = dates_in_question(signed_up, FactKind.MOMENT, noon - HOUR, noon).days
    known = {date.fromisoformat(each) for each in dates}
    near = {each + way for each in known for way in (-day, timedelta(), day)}
    assert {date.fromisoformat(each) for each in moments} == near > known
    for month_and_day, is_leap_day_too in (("02-28", True), ("03-01", True), ("05-17", False)):
        turn = datetime.fromisoformat(f"2027-{month_and_day}T09:00+00:00")
        asked = dates_in_question(BIRTHDAY, FactKind.DATE, turn - HOUR, turn)
        assert month_and_day in asked.days
        assert ("02-29" in asked.days) is is_leap_day_too


ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu")
OFFSETS = (
    None, Length(90, Unit.DAY), Length(1, Unit.MONTH), Length(2, Unit.WEEK), Length(1, Unit.YEAR),
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("yearly", [True, False])
def test_the_next_turn_is_the_first_of_which_a_look_tells(zone: str, *, yearly: bool) -> None:
    since = datetime(2027, 12, 20, 7, 15, tzinfo=UTC)
    for offset in OFFSETS:
        for before in (True, False):
            start = OnDate("born", time(9, 5), offset, before=before, yearly=yearly)
            for text in ("2004-02-29", "2027-12-31", "2028-01-20", "1990-03-19", "2027-02-30"):
                due = next_due(start, text, zone, since)
                if due is not None:
                    assert occurrence_due(start, text, zone, since, due) is not None
                quiet = min(due or since + timedelta(days=900), since + timedelta(days=900))
                last = quiet - timedelta(microseconds=1)
                assert occurrence_due(start, text, zone, since, last) is None, (start, text, due)
