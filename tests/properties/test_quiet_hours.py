"""Quiet hours anywhere on earth, whatever the clocks do there."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from keepwarm.engine.timing import is_quiet, next_open, zone_named
from keepwarm.schema.phrases import Window

MINUTE = timedelta(minutes=1)
#: With changes of clocks of an hour and of half an hour, at midnight, in Ramadan, and none.
ZONES = (
    "UTC",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Europe/Amsterdam",
    "Europe/London",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
#: Nights in which clocks change somewhere in `ZONES`, between noon and noon.
CHANGES = tuple(
    datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    for day in (
        "2011-12-29",
        "2018-02-17",
        "2018-11-03",
        "2026-02-14",
        "2026-03-07",
        "2026-03-21",
        "2026-03-28",
        "2026-04-04",
        "2026-09-05",
        "2026-09-26",
        "2026-10-03",
        "2026-10-24",
        "2026-10-31",
    )  # fmt: skip
)

clocks = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
windows = (
    st.tuples(clocks, clocks).filter(lambda ends: ends[0] != ends[1]).map(lambda e: Window(*e))
)
near_changes = st.tuples(st.sampled_from(CHANGES), st.integers(0, 24 * 60 * 60 - 1)).map(
    lambda found: found[0] + timedelta(seconds=found[1])
)
anywhen = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
moments = near_changes | anywhen
zones = st.sampled_from(ZONES).map(zone_named)


@given(moment=moments, quiet=windows, zone=zones)
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_message_goes_at_the_first_open_moment(
    moment: datetime, quiet: Window, zone: ZoneInfo
) -> None:
    opens = next_open(moment, quiet, [zone])
    assert opens is not None
    assert_first_open(moment, opens, quiet, [zone])


@given(moment=moments, quiet=windows, several=st.lists(zones, min_size=2, max_size=4, unique=True))
@settings(max_examples=500, deadline=None)
def test_several_zones_wait_for_the_first_moment_that_suits_all(
    moment: datetime, quiet: Window, several: list[ZoneInfo]
) -> None:
    opens = next_open(moment, quiet, several)
    assume(opens is not None)
    assert opens is not None
    # A window may suit all of them for minutes in the night of a change of clocks, weeks ahead.
    assume(opens - moment < timedelta(days=3))
    assert_first_open(moment, opens, quiet, several)


@given(moment=moments, quiet=windows, several=st.lists(zones, min_size=2, max_size=4, unique=True))
@settings(max_examples=300, deadline=None)
def test_never_is_said_only_where_no_quarter_of_a_day_suits(
    moment: datetime, quiet: Window, several: list[ZoneInfo]
) -> None:
    if next_open(moment, quiet, several) is None:
        quarters = (moment + quarter * 15 * MINUTE for quarter in range(96))
        assert all(any(is_quiet(m, quiet, zone) for zone in several) for m in quarters)


def assert_first_open(
    moment: datetime, opens: datetime, quiet: Window, several: list[ZoneInfo]
) -> None:
    assert opens >= moment
    assert not any(is_quiet(opens, quiet, zone) for zone in several)
    if opens > moment:
        # All ends and all changes of clocks lie on whole minutes.
        assert opens == opens.replace(second=0, microsecond=0)
    while moment < opens:
        assert any(is_quiet(moment, quiet, zone) for zone in several), moment
        moment = (moment + MINUTE).replace(second=0, microsecond=0)
