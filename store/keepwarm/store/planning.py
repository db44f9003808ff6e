"""What PostgreSQL's planner must be told, because its statistics cannot know it.

It believes what ANALYZE saw last, and autovacuum looks once a minute at most. A playbook that lets
a million customers in makes other tables of them before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.database import Database, Dialect, dialect_of

#: Tables that a batch of runs fills, and so many pages of each as it may have before anybody looks.
#: Tasks are closed by their runs, and few of them must be many among those that are open.
_FILLED: Final = {"run": 1_000, "message": 1_000, "outcome": 1_000, "task": 30}
#: As much as a table must have grown: each look then costs little of what the growth did.
_GROWN: Final = 3


def look_up_by_keys(cx: Connection) -> None:
    """Have this transaction join the rows of its batch with others by looking up their keys.

    Neighbours in a batch are neighbours in tables. The planner does not know, takes each look-up
    for a page of the disk, and would rather read a table of some hundred thousand rows as a whole.
    """
    if dialect_of(cx) is Dialect.POSTGRESQL:
        cx.execute(_OTHER_JOINS)


_OTHER_JOINS: Final = text(
    "SELECT set_config('enable_hashjoin', 'off', true),"
    " set_config('enable_mergejoin', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)


@contextmanager
def walking_an_index(cx: Connection) -> Iterator[None]:
    """Have statements that ask for the first rows of an order walk the index that has this order.

    Where the planner believes that few rows are meant, it would read and sort them all, for each
    batch anew: of those who entered together it knows nothing yet.
    """
    cx.execute(_OTHER_WAYS, {"allowed": "off"})
    yield
    cx.execute(_OTHER_WAYS, {"allowed": "on"})


#: In force until the transaction ends, at the latest.
_OTHER_WAYS: Final = text(
    "SELECT set_config('enable_bitmapscan', :allowed, true),"
    " set_config('enable_seqscan', :allowed, true), set_config('enable_sort', :allowed, true)"
)


def take_stock(database: Database) -> None:
    """Let the planner learn of tables that have grown several times over since it looked last."""
    if database.dialect is Dialect.SQLITE:
        return
    with database.engine.connect() as plain:
        cx = plain.execution_options(isolation_level="AUTOCOMMIT")
        for name in cx.execute(_GROWN_TABLES).scalars().all():
            # Whoever looks already need not be waited for.
            cx.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name}")


_GROWN_TABLES: Final = text(
    "SELECT relname FROM pg_class JOIN (VALUES "
    + ", ".join(f"('{name}', {pages})" for name, pages in _FILLED.items())
    + ") AS filled (name, pages) ON oid = CAST(name AS REGCLASS)"
    " WHERE pg_relation_size(oid) / CAST(current_setting('block_size') AS INTEGER)"
    f" > greatest({_GROWN} * relpages, pages)"
    # Nobody else may analyze it.
    " AND pg_has_role(relowner, 'MEMBER')"
)
