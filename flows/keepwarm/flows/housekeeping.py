"""Housekeeping: what has to be done again and again, whatever playbooks there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from keepwarm.engine.ticking import latest_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.retaining import let_go
from keepwarm.flows.system import System
from keepwarm.schema.phrases import EveryInterval, Length, Unit
from keepwarm.store.erasing import forget_late_words
from keepwarm.store.ticks import take_tick
from keepwarm.store.wrong_passwords import forget_counts

_EVERY_HOUR: Final = EveryInterval(Length(1, Unit.HOUR))
_TICK: Final = "* housekeeping"
#: For so long after an erasure, providers may still call back about messages to the customer.
_WORDS_COME_LATE_FOR: Final = timedelta(days=90)
_WRONG_PASSWORDS_COUNT_FOR: Final = timedelta(days=1)


def keep_house_hourly(system: System) -> bool:
    """Clear what came in about erased customers (law 27), and let go what is old; tell if due.

    Done once an hour, by whichever process comes first.
    """
    now = system.clock()
    with system.database.writing() as cx:
        if not take_tick(cx, _TICK, latest_tick(_EVERY_HOUR, now, zone_named("UTC"))):
            return False
        forget_late_words(cx, now - _WORDS_COME_LATE_FOR)
        forget_counts(cx, now - _WRONG_PASSWORDS_COUNT_FOR)
    let_go(system)
    return True
