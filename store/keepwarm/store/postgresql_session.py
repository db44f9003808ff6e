"""What every session with PostgreSQL is begun with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

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
