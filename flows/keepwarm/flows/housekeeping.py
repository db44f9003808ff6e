"""Housekeeping: what has to be done again and again, whatever playbooks there are."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from keepwarm.engine.ticking import latest_tick
from keepwarm.engine.timing import zone_named
from keepwarm.flows.retaining import let_go
from keepwarm.flows.system import System
from keepwarm.schema.phrases import EveryInterval, Length, Unit
from keepwarm.store.erasing import forget_late_words
from keepwarm.store.people import ask_anew_who_is_subscribed
from keepwarm.store.ticks import is_any_tick_after, put_ticks_back, take_tick
from keepwarm.store.wrong_passwords import forget_counts

_EVERY_HOUR: Final = EveryInterval(Length(1, Unit.HOUR))
_TICK: Final = "* housekeeping"
#: For so long after an erasure, providers may still call back about messages to the customer.
_WORDS_COME_LATE_FOR: Final = timedelta(days=90)
#: Customers subscribe with the provider, which need not tell us: so it is asked by another message.
_NOBODY_IS_SUBSCRIBED_FOR: Final = timedelta(days=1)
_WRONG_PASSWORDS_COUNT_FOR: Final = timedelta(days=1)
#: More than the clocks of machines that work together are apart.
_AHEAD: Final = timedelta(hours=1)

_log = logging.getLogger(__name__)


def forget_ticks_ahead(system: System) -> int:
    """Have schedules go by the present again that a clock which was ahead carried out; count them.

    Until that moment came, a schedule would else let in nobody, be it for years. What struck by the
    wrong clock is not done a second time.
    """
    now = system.clock()
    with system.database.reading() as cx:
        if not is_any_tick_after(cx, now + _AHEAD):
            return 0
    with system.database.writing() as cx:
        many = put_ticks_back(cx, now + _AHEAD, now)
    _log.warning("%d schedules were carried out by a clock that was ahead; they go on now", many)
    return many


def keep_house_hourly(system: System) -> bool:
    """Clear what came in about erased customers (law 27), let go what is old; tell if due.

    Done once an hour, by whichever process comes first.
    """
    now = system.clock()
    with system.database.writing() as cx:
        if not take_tick(cx, _TICK, latest_tick(_EVERY_HOUR, now, zone_named("UTC"))):
            return False
        forget_late_words(cx, now - _WORDS_COME_LATE_FOR)
        ask_anew_who_is_subscribed(cx, now - _NOBODY_IS_SUBSCRIBED_FOR)
        forget_counts(cx, now - _WRONG_PASSWORDS_COUNT_FOR)
    let_go(system)
    return True
