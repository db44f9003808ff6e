"""Quiet hours anywhere on earth, whatever the clocks do there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.timing import is_quiet, next_open, zone_named
from keepwarm.schema.phrases import Window

#: On these lie the ends of the windows below, and all changes of clocks anywhere since 2005.
QUARTER = timedelta(minutes=15)
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
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
#: Nights in which clocks change somewhere in `ZONES`, between noon and noon.
CHANGES = (
    date(2011, 12, 29),
    date(2018, 2, 17),
    date(2018, 11, 3),
    date(2026, 2, 14),
    date(2026, 3, 7),
    date(2026, 3, 21),
    date(2026, 3, 28),
    date(2026, 4, 4),
    date(2026, 9, 5),
    date(2026, 9, 26),
    date(2026, 10, 3),
    date(2026, 10, 24),
    date(2026, 10, 31),
)
#: Many cases to a seed, since drawing costs more than asking.
CASES = 100
seeds = st.integers(0, 2**48)


@given(seeds)
@settings(max_examples=40)
def test_a_message_goes_at_the_first_open_moment(seed: int) -> None:
    chance = Random(seed)
    for _ in range(CASES):
        moment, quiet, zone = moment_of(chance), window_of(chance), chance.choice(ZONES)
        opens = next_open(moment, quiet, [zone_named(zone)])
        assert opens is not None
        assert_first_open(moment, opens, quiet, [zone_named(zone)])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_a_hundred_thousand_moments_go_at_the_first_open_one(seed: int) -> None:
    chance = Random(seed)
    for _ in range(1_000):
        moment, quiet, zone = moment_of(chance), window_of(chance), chance.choice(ZONES)
        opens = next_open(moment, quiet, [zone_named(zone)])
        assert opens is not None, f"seed {seed}: {moment} {quiet} {zone}"
        assert_first_open(moment, opens, quiet, [zone_named(zone)])


@given(seeds)
@settings(max_examples=3)
def test_several_zones_wait_for_the_first_moment_that_suits_all(seed: int) -> None:
    chance = Random(seed)
    for _ in range(CASES):
        moment, quiet = moment_of(chance), window_of(chance)
        several = [zone_named(name) for name in chance.sample(ZONES, chance.randint(2, 4))]
        opens = next_open(moment, quiet, several)
        if opens is None:
            day = (moment + number * QUARTER for number in range(96))
            assert all(any(is_quiet(at, quiet, zone) for zone in several) for at in day)
        elif opens < moment + timedelta(days=3):  # else in a night of changed clocks, weeks ahead
            assert_first_open(moment, opens, quiet, several)


def moment_of(chance: Random) -> datetime:
    """Give a moment near a change of clocks, or any."""
    if chance.random() < 0.7:
        noon = datetime.combine(chance.choice(CHANGES), time(12), UTC)
        return noon + timedelta(seconds=chance.randrange(24 * 60 * 60))
    start = datetime(2005, 1, 1, tzinfo=UTC)
    return start + timedelta(seconds=chance.randrange(30 * 365 * 24 * 60 * 60))


def window_of(chance: Random) -> Window:
    starts, ends = chance.sample(range(96), 2)
    return Window(time(starts // 4, starts % 4 * 15), time(ends // 4, ends % 4 * 15))


def assert_first_open(
    moment: datetime, opens: datetime, quiet: Window, several: list[ZoneInfo]
) -> None:
    assert opens >= moment
    assert not any(is_quiet(opens, quiet, zone) for zone in several)
    if opens > moment:
        assert opens == quarter_before(opens)
    while moment < opens:
        assert any(is_quiet(moment, quiet, zone) for zone in several), moment
        moment = quarter_before(moment) + QUARTER


def quarter_before(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
