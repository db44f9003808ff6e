"""Sessions with PostgreSQL: what each is begun with, and how long it is waited for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from keepwarm.store.patience import Patience, Silence, Silent, own_patience, waiting_at_most

#: When either end of a connection is no more heard of, the other ends it: a host that is cut off
#: would hold the rows of its transaction for two hours otherwise. Seconds, but for the last.
_HEARD_OF: Final = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_HEARD_OF_BY_THE_SERVER: Final = "".join(
    f" -c tcp_{name.removeprefix('tcp_')}={value}" for name, value in _HEARD_OF.items()
)
#: An administrator's limits for people's queries would cut a batch off wherever it is, again and
#: again: a migration, or letting in a million customers, takes longer.
_WITHOUT_LIMITS: Final = (
    " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
)

#: What the driver connects with.
_SESSION: Final[Mapping[str, Any]] = {
    "application_name": "keepwarm",
    "connect_timeout": 10,
    # Plans made for one batch's parameters suit the next.
    "options": "-c timezone=UTC -c jit=off" + _HEARD_OF_BY_THE_SERVER + _WITHOUT_LIMITS,
    **_HEARD_OF,
}

#: A commit is on the disk of the server, and of a standby that it waits for, before it is one:
#: whatever is set for the role, the database or the server, then or later. `remote_apply` waits
#: for more, and stays.
_COMMITS_LAST: Final = """
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
    WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)
"""


#: In a connection's record: that it was used before, and may have died since.
_USED: Final = "keepwarm_used"


def postgresql_engine(address: URL, silence: Silence, options: Mapping[str, Any]) -> Engine:
    """Make an engine whose connections have answered when they are given out."""
    engine = create_engine(
        address, pool_size=8, max_overflow=24, connect_args=dict(_SESSION), **options
    )
    event.listen(engine, "do_connect", partial(_connect, silence))
    event.listen(engine, "connect", _make_commits_last)
    event.listen(engine, "checkout", partial(_ask_whether_it_lives, silence))
    return engine


class Session(psycopg.Connection[Any]):
    """A connection that is given up where it is silent for longer than its user would wait."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, as the driver does for each thing that it asks."""
        patience = own_patience()
        if timeout is not None or patience is None or patience.for_a_statement is None:
            return super().wait(gen, interval, timeout)
        length = patience.for_a_statement.total_seconds()
        try:
            return super().wait(gen, interval, length)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            # Whatever it still answers is for nobody.
            self.close()
            raise Silent(f"the server did not answer within {length:g} seconds") from None


def _connect(
    silence: Silence, dialect: object, record: object, given: list[Any], named: dict[str, Any]
) -> Session:
    del dialect, record
    patience = own_patience()
    silence.refuse()  # it may be known since this one began to wait for its turn
    limit = {"connect_timeout": math.ceil(patience.for_a_sign.total_seconds())} if patience else {}
    try:
        made = Session.connect(*given, **{**named, **limit})
    except psycopg.errors.ConnectionTimeout:
        silence.note(is_silent=True)
        raise
    silence.note(is_silent=False)
    return made


def _make_commits_last(driver: Session, record: object) -> None:
    del record
    driver.autocommit = True
    driver.execute(_COMMITS_LAST)
    driver.autocommit = False


def _ask_whether_it_lives(
    silence: Silence, driver: Session, record: ConnectionPoolEntry, proxy: object
) -> None:
    """See that a connection that lay idle answers; a server that was restarted costs nobody one."""
    del proxy
    if not record.info.get(_USED):
        record.info[_USED] = True
        return
    silence.refuse()
    try:
        _ask(driver)
    except Silent:
        silence.note(is_silent=True)
        raise
    except psycopg.Error as error:
        raise InvalidatePoolError("the connection ended") from error
    silence.note(is_silent=False)


def _ask(driver: Session) -> None:
    patience = own_patience()
    if patience is not None:
        patience = Patience(patience.for_a_sign, patience.for_a_sign)
    with waiting_at_most(patience):
        driver.autocommit = True
        driver.execute("SELECT 1")
        driver.autocommit = False
