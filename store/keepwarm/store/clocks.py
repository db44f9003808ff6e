"""Clocks: machines that share a PostgreSQL must agree on the time.

One that is ahead takes what others still work on, lets customers in early and writes to them in
their quiet hours. On SQLite there is one machine, and so one clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from keepwarm.store.database import Database, DatabaseRefused, Dialect

#: Well below a lease, and above what a machine without a time server loses in weeks.
MOST_APART: Final = timedelta(minutes=1)


def refuse_another_time(db: Database, clock: Callable[[], datetime]) -> None:
    """Raise DatabaseRefused if this machine's clock and the database's are too far apart."""
    if db.dialect is not Dialect.POSTGRESQL:
        return
    with db.reading() as cx:
        before = clock()
        theirs = cx.execute(text("SELECT clock_timestamp()")).scalar_one()
        after = clock()
    if before - MOST_APART <= theirs <= after + MOST_APART:
        return
    apart = before - theirs
    way = "ahead of" if apart > timedelta() else "behind"
    raise DatabaseRefused(
        f"This machine's clock is {round(abs(apart).total_seconds() / 60)} minutes {way} the"
        " database's. Machines that work together need one time: set both clocks from a time"
        " server (timedatectl set-ntp true)."
    )
