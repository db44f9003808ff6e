"""What arrives: kept before it is answered, worked off afterwards.

Append in a durable transaction and answer when it has ended: what was acknowledged is then on the
disk. Take, use and finish a batch in one transaction: a worker that dies has used nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows, next_ids, update_rows
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import InboxRow


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that arrived, as its source sent it."""

    source: str
    #: What the source calls it; the same once more changes nothing (law 3).
    source_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that arrived and is to be worked off."""

    id: int
    source: str
    source_id: str
    received_at: datetime
    payload: Mapping[str, Any]


def append_arrivals(cx: Connection, arrivals: Iterable[Arrival], now: datetime) -> int:
    """Keep what arrived, and give how much of it is new."""
    columns: tuple[str, ...] = ("source", "source_id", "received_at", "payload")
    rows: list[tuple[Any, ...]] = [
        # PostgreSQL's texts cannot hold NUL; nobody means anything by it.
        (each.source, each.source_id.replace("\0", ""), now, each.payload)
        for each in arrivals
    ]
    if dialect_of(cx) is Dialect.POSTGRESQL:
        # Written in the order of their names, so that no two writers wait for each other, and
        # worked off in the order in which they were told.
        numbered = zip(next_ids(cx, InboxRow, len(rows)), rows, strict=True)
        rows = sorted(((number, *row) for number, row in numbered), key=lambda row: row[1:3])
        columns = ("id", *columns)
    return insert_rows(cx, InboxRow, columns, rows, on_conflict="skip")


def take_waiting(cx: Connection, limit: int) -> list[Waiting]:
    """Take what waits, the oldest first, and keep other workers from it until this ends."""
    statement = text(
        "SELECT id, source, source_id, received_at, payload FROM inbox"
        f" WHERE done_at IS NULL ORDER BY id LIMIT :limit{skip_locked(cx)}"
    )
    return [
        Waiting(key, source, source_id, from_micros(received), _object(payload))
        for key, source, source_id, received, payload in cx.execute(statement, {"limit": limit})
    ]


def _object(payload: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the database gives JSON as
    """Give an arrival as it was kept; an empty one, which its reader refuses, if it was damaged."""
    try:
        found = from_json(payload)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def finish(cx: Connection, used: Sequence[int], problems: Mapping[int, str], now: datetime) -> None:
    """Mark what was used, and why the rest could not be.

    What was used has become customers and events, so its words are not kept twice; what could
    not be used keeps them, for somebody to mend.
    """
    if used:
        cx.execute(
            text(f"UPDATE inbox SET done_at = :now, payload = '{{}}' WHERE id {in_ids(cx)}")
            .bindparams(id_list(cx, used)),
            {"now": to_micros(now)},
        )  # fmt: skip
    rows = [(key, now, problem) for key, problem in problems.items()]
    update_rows(cx, InboxRow, ["id"], ["done_at", "problem"], rows)


def how_many_wait(cx: Connection) -> int:
    """Count what waits."""
    found: int = cx.execute(text("SELECT count(*) FROM inbox WHERE done_at IS NULL")).scalar_one()
    return found


def try_refused_again(cx: Connection, problem: str | None = None) -> int:
    """Put all that could not be used back to what waits, or what had one problem; give how many."""
    only = "" if problem is None else " AND problem = :problem"
    return cx.execute(
        text(
            "UPDATE inbox SET done_at = NULL, problem = NULL"
            f" WHERE problem IS NOT NULL AND problem <> 'erased'{only}"
        ),
        {} if problem is None else {"problem": problem},
    ).rowcount


def refused_by_problem(cx: Connection) -> Mapping[str, int]:
    """Count what could not be used by why, the most frequent first."""
    found = cx.execute(
        text(
            "SELECT problem, count(*) FROM inbox WHERE problem IS NOT NULL AND problem <> 'erased'"
            " GROUP BY problem ORDER BY count(*) DESC, problem"
        )
    )
    return dict(found.all())


def try_again(cx: Connection, ids: Sequence[int]) -> int:
    """Put what could not be used back to what waits, after it was mended; give how many."""
    return cx.execute(
        text(
            "UPDATE inbox SET done_at = NULL, problem = NULL"
            f" WHERE problem <> 'erased' AND id {in_ids(cx)}"
        ).bindparams(id_list(cx, ids))
    ).rowcount
