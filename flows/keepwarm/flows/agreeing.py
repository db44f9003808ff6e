"""Agreeing: a process works only while its clock and its tables can be what the database means.

Both are looked at when a process starts. While it runs, a clock may be set wrong, and a newer
Keepwarm may change the tables beneath it. Whoever went on would send what is due in years, in the
middle of nights, or write what the newer one cannot read. So it stands still, says why, and goes on
by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from keepwarm.store.clocks import refuse_another_time
from keepwarm.store.database import Database, DatabaseRefused
from keepwarm.store.migrating import refuse_other_tables
from keepwarm.store.standby import refuse_a_standby

#: How long an answer holds.
LOOKED_AT_EVERY: Final = timedelta(seconds=5)
#: Clocks that are set from a time server move by less, unless they were wrong before.
A_JUMP: Final = timedelta(hours=1)
#: How long a clock that was set to another time has to be put back; after that it is believed.
PUT_BACK_WITHIN: Final = timedelta(minutes=5)

#: Goes on while the machine sleeps, and is set by nobody.
_SINCE_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_log = logging.getLogger(__name__)


def seconds_since_boot() -> float:
    """Give how long this machine has been up."""
    return time.clock_gettime(_SINCE_BOOT)


class Agreement:
    """Tells, as often as one likes to ask, whether this process must stand still. Of any thread."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        elapsed: Callable[[], float] = seconds_since_boot,
    ) -> None:
        """Take the clock as it is for right: what it is compared with was, or will be."""
        self._database = database
        self._clock = clock
        self._elapsed = elapsed
        self._lock = Lock()
        self._looked_at: float | None = None
        self._trouble: str | None = None
        #: What the clock showed when this machine came up, by the clock as it is believed.
        self._came_up = self._shown_at_boot()
        self._jumped_at: float | None = None

    def trouble(self) -> str | None:
        """Say why this process must stand still; None while it may work."""
        with self._lock:
            now = self._elapsed()
            if self._looked_at is None or now - self._looked_at >= LOOKED_AT_EVERY.total_seconds():
                found = self._look(now)
                self._looked_at = now
                self._say(found)
                self._trouble = found
            return self._trouble

    def _look(self, now: float) -> str | None:
        try:
            refuse_a_standby(self._database)
            refuse_another_time(self._database, self._clock)
            refuse_other_tables(self._database)
        except DatabaseRefused as refused:
            return str(refused)
        return self._jump(now)

    def _jump(self, now: float) -> str | None:
        """Say that the clock was set to another time, until it is put back or believed."""
        shown = self._shown_at_boot()
        apart = shown - self._came_up
        is_late = self._jumped_at is not None and (
            now - self._jumped_at >= PUT_BACK_WITHIN.total_seconds()
        )
        if abs(apart) < A_JUMP.total_seconds() or is_late:
            self._came_up, self._jumped_at = shown, None
            return None
        if self._jumped_at is None:
            self._jumped_at = now
        way = "forward" if apart > 0 else "back"
        return (
            f"This machine's clock was set {way} by {abs(apart) / 3600:,.0f} hours while Keepwarm"
            f" ran. If that is wrong, put it right within {PUT_BACK_WITHIN // timedelta(minutes=1)}"
            " minutes: after that it is believed, and what is due by it goes out."
        )

    def _shown_at_boot(self) -> float:
        return self._clock().timestamp() - self._elapsed()

    def _say(self, found: str | None) -> None:
        if found is not None and self._trouble is None:
            _log.error("nothing is sent, and nobody let in: %s", found)
        elif found is None and self._trouble is not None:
            _log.warning("clock and tables are as they should be, and the work goes on")
