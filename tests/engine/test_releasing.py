"""When what was held is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from keepwarm.engine.gates import Gate, Hold
from keepwarm.engine.releasing import message_name, released_at

NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)


def test_what_a_night_held_leaves_over_ten_minutes_after_it_and_always_in_the_same_one() -> None:
    morning = NOW + timedelta(hours=9)
    night = Hold(Gate.QUIET_HOURS, morning, "it is night")
    names = [message_name(f"c{n}", "p", 1, 0) for n in range(500)]
    moments = [released_at(night, name, NOW) for name in names]
    assert set(moments) == {morning + timedelta(minutes=n) for n in range(10)}
    assert max(moments.count(each) for each in moments) < 100
    assert [released_at(night, name, NOW + timedelta(hours=1)) for name in names] == moments


def test_what_a_pause_holds_is_looked_at_every_minute() -> None:
    paused = Hold(Gate.PAUSE, None, "ann paused it")
    assert released_at(paused, "a", NOW) == NOW + timedelta(minutes=1)
