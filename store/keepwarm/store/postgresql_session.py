"""What every session with PostgreSQL is begun with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psycopg

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
SESSION: Final[Mapping[str, Any]] = {
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


def prepare_session(driver: psycopg.Connection[Any], record: object) -> None:
    """Set what a session cannot be begun with, since it depends on what is set for it."""
    del record
    driver.autocommit = True
    driver.execute(_COMMITS_LAST)
    driver.autocommit = False
