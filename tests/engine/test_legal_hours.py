"""No text goes out at an hour at which none may arrive: in any zone, over two years."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from keepwarm.engine.gates import DEFAULT_QUIET_HOURS
from keepwarm.engine.rules.legal_hours import LEGAL_HOURS, first_moment, first_wrong_minute
from keepwarm.engine.timing import is_quiet, next_open, zone_named
from keepwarm.schema.phrases import Window

START = datetime(2026, 11, 22, tzinfo=UTC)
END = START + timedelta(days=731)


def window(start: str, end: str) -> Window:
    return Window(time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("quiet", "legal", "wrong"),
    [
        (DEFAULT_QUIET_HOURS, LEGAL_HOURS, None),
        (window("20:00", "09:30"), LEGAL_HOURS, None),
        (window("21:30", "08:00"), LEGAL_HOURS, time(21)),
        (window("21:00", "07:59"), LEGAL_HOURS, time(7, 59)),
        (window("09:00", "17:00"), LEGAL_HOURS, time(0)),
        (window("06:00", "20:00"), window("20:00", "06:00"), None),
        (None, LEGAL_HOURS, time(0)),
    ],
)
def test_every_minute_that_is_not_quiet_is_legal(
    quiet: Window | None, legal: Window, wrong: time | None
) -> None:
    assert first_wrong_minute(quiet, legal) == wrong


def changes_of_clocks(zone: ZoneInfo) -> list[datetime]:
    """Give every moment of the two years at which the zone's clocks are changed."""
    found, moment = [], START
    while moment < END:
        later = moment + timedelta(days=1)
        if moment.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            low, high = moment, later
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        moment = later
    return found


@pytest.mark.slow
def test_where_the_minutes_agree_no_zone_lets_a_text_out_too_early_or_too_late() -> None:
    legal_only = Window(LEGAL_HOURS.end, LEGAL_HOURS.start)
    changed = 0
    for name in sorted(available_timezones()):
        zone = zone_named(name)
        changes = changes_of_clocks(zone)
        changed += bool(changes)
        # Between two changes the clock runs evenly, so what is near its ends tells all.
        for moment in [START, *changes, END]:
            for minutes in (-1, 0, 1, 30, 60, 90, 1440):
                asked = moment + timedelta(minutes=minutes)
                opens = next_open(asked, DEFAULT_QUIET_HOURS, [zone])
                assert opens is not None
                assert not is_quiet(opens, legal_only, zone), (name, opens)
    assert changed > 100


def test_the_first_moment_is_the_first_anywhere() -> None:
    moment, zone = first_moment(time(21), date(2026, 11, 22))
    assert START <= moment < START + timedelta(hours=1)
    assert moment.astimezone(zone_named(zone)).time() == time(21)
