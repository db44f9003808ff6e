"""Runs that are due: taken under their locks, and written back with all that was decided.

Taking, deciding and writing are one transaction. So a run is decided once however many workers
look for work, and a worker that dies has decided nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.crowd import Place, Position
from keepwarm.engine.run import OPEN, Course, Memory, Mode, RunStatus
from keepwarm.store.columns import read_mostly_alike
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.driver import first_number, run
from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros
from keepwarm.store.planning import walking_an_index


@dataclass(slots=True)
class DueRuns:
    """Runs of one version that this transaction holds, in columns of one order."""

    version_id: int
    ids: Sequence[int]
    customer_ids: Sequence[int]
    #: How often each was advanced before.
    advances: Sequence[int]
    #: Runs that stand alike share one object.
    positions: Sequence[Position]
    triggers: Sequence[Mapping[str, Any]]

    def stands(self) -> Mapping[int, Position]:
        """Give each position at which any of them stands, by its object's number."""
        return dict(zip(map(id, self.positions), self.positions, strict=True))

    @property
    def steps(self) -> frozenset[int]:
        """The steps at which any of them stands."""
        return frozenset(at.step for at in self.stands().values())

    def parts(self, most: int) -> Iterator[DueRuns]:
        """Give them in parts of so many at most."""
        for begin in range(0, len(self.ids), most):
            part = slice(begin, begin + most)
            yield DueRuns(
                self.version_id,
                self.ids[part],
                self.customer_ids[part],
                self.advances[part],
                self.positions[part],
                self.triggers[part],
            )

    def ids_of(self, places: Sequence[Place]) -> list[int]:
        """Give the keys of some of them."""
        ids = self.ids
        return [ids[place] for place in places]

    def customer_ids_of(self, places: Sequence[Place]) -> list[int]:
        """Give the keys of some of their customers."""
        ids = self.customer_ids
        return [ids[place] for place in places]


def take_due(cx: Connection, playbook: str, now: datetime, limit: int) -> list[DueRuns]:
    """Take runs of a playbook that are due, the longest due first, and keep others from them.

    PostgreSQL locks the rows and passes over those that another worker holds; SQLite's writing
    transaction has the database to itself. The locks end with the transaction.
    """
    given = (playbook, to_micros(now), limit)
    match dialect_of(cx):
        case Dialect.SQLITE:
            source = f"{_DUE_RUNS}, id LIMIT {{mark}}"
            found, rows = read_mostly_alike(cx, _WHO, _STANDS, source, *given)
        case Dialect.POSTGRESQL:
            source = f"{_DUE_RUNS} LIMIT {{mark}} FOR UPDATE SKIP LOCKED"
            # In the index, runs that are due at one moment lie as they lie in the table.
            with walking_an_index(cx):
                found, rows = read_mostly_alike(cx, _WHO, _STANDS, source, *given)
    return _by_version(found[0], found[1], rows)


_WHO: Final = ("id", "customer_id")
_DUE_RUNS: Final = "FROM run WHERE playbook = {mark} AND due_at <= {mark} ORDER BY due_at"

#: Where a run stands, as its row says it.
_Row: TypeAlias = tuple[Any, ...]
#: Nearly always all stand alike, because they began together.
_STANDS: Final = (
    "version_id", "advances", 'CAST("trigger" AS TEXT)', "status", "mode", "step", "started_at",
    "CAST(memory AS TEXT)",
)  # fmt: skip


def _by_version(
    ids: Sequence[int], customer_ids: Sequence[int], rows: Sequence[_Row]
) -> list[DueRuns]:
    versions = {row[0] for row in rows}
    if len(versions) == 1:  # as nearly always
        return [_due_runs(ids, customer_ids, rows)]
    each = [*zip(ids, customer_ids, rows, strict=True)]
    return [
        _due_runs(*zip(*(run for run in each if run[2][0] == version_id), strict=True))
        for version_id in sorted(versions)
    ]


def _due_runs(ids: Sequence[int], customer_ids: Sequence[int], rows: Sequence[_Row]) -> DueRuns:
    # Equal rows stand alike: each position is read once, however many runs are there.
    kinds = set(rows)
    positions = {at: _position(*at) for at in {row[3:] for row in kinds}}
    stands = {row: positions[row[3:]] for row in kinds}
    triggers = {kept: _trigger(kept) for kept in {row[2] for row in kinds}}
    return DueRuns(
        version_id=rows[0][0],
        ids=ids,
        customer_ids=customer_ids,
        advances=[row[1] for row in rows],
        positions=[stands[row] for row in rows],
        triggers=[triggers[row[2]] for row in rows],
    )


def _trigger(kept: str | None) -> Mapping[str, Any]:
    return (orjson.loads(kept) if kept else None) or _NO_TRIGGER


def _position(status: str, mode: str, step: int, started_at: int, memory: str | None) -> Position:
    return Position(
        RunStatus(status), Mode(mode), step, from_micros(started_at), remembered(memory)
    )


_NO_TRIGGER: Mapping[str, Any] = {}
_NO_MEMORY = Memory()


def remembered(memory: Any) -> Memory:  # noqa: ANN401 - whatever the database gives JSON as
    """Read a run's memory as its row holds it."""
    return memory_from(from_json(memory))


def next_due(cx: Connection, playbook: str) -> datetime | None:
    """Tell when the playbook's next run is due; None when none is."""
    sql = "SELECT min(due_at) FROM run WHERE playbook = :playbook AND due_at IS NOT NULL"
    return from_micros_or_none(first_number(cx, sql, playbook=playbook))


def playbooks_due(cx: Connection, before: datetime) -> frozenset[str]:
    """Name the playbooks with a run, a chunk or a doubt that was due before a moment."""
    found = cx.execute(
        text(
            "SELECT DISTINCT playbook FROM run WHERE due_at IS NOT NULL AND due_at < :before"
            " UNION SELECT DISTINCT playbook FROM chunk"
            " WHERE due_at IS NOT NULL AND due_at < :before"
            " UNION SELECT DISTINCT playbook FROM doubt"
            " WHERE due_at IS NOT NULL AND due_at < :before",
        ),
        {"before": to_micros(before)},
    )
    return frozenset(found.scalars())


def entered_since(cx: Connection, playbook: str, since: datetime) -> int:
    """Count the runs of a playbook that began at or after a moment."""
    found = cx.execute(
        text("SELECT count(*) FROM run WHERE playbook = :playbook AND started_at >= :since"),
        {"playbook": playbook, "since": to_micros(since)},
    )
    return int(found.scalar_one())


def write_course(cx: Connection, course: Course, run_ids: Sequence[int], now: datetime) -> None:
    """Put all these runs where the course says."""
    ended = course.status not in OPEN
    turned_away = course.status is RunStatus.TURNED_AWAY
    # Who was turned away did not enter, and so may enter another time: their key is given back.
    key = ", entry_key = 'turned away ' || id" if turned_away else ""
    run(
        cx,
        "UPDATE run SET status = :status, mode = :mode, step = :step, due_at = :due_at,"
        " ended_at = :ended_at, memory = :memory, advances = advances + 1"
        f"{key} WHERE id {in_ids(cx)}",
        ids=run_ids,
        status=course.status,
        mode=course.mode,
        step=course.step,
        due_at=None if course.due_at is None else to_micros(course.due_at),
        ended_at=to_micros(now) if ended else None,
        memory=memory_json(course.memory),
    )


def wake_runs(cx: Connection, run_ids: Iterable[int], now: datetime) -> int:
    """Make open runs due at once, and give how many."""
    return cx.execute(
        text(
            "UPDATE run SET due_at = :now WHERE due_at IS NOT NULL AND due_at > :now"
            f" AND id {in_ids(cx)}",
        ).bindparams(id_list(cx, list(run_ids))),
        {"now": to_micros(now)},
    ).rowcount


# ── A run's memory as JSON: only what is set ─────────────────────────────────────────────────


def memory_json(memory: Memory) -> str | None:
    """Give a memory as a row holds it; None when there is nothing to remember."""
    kept: dict[str, Any] = {}
    for name in ("waits_since", "waits_until", "offer_until"):
        moment = getattr(memory, name)
        if moment is not None:
            kept[name] = to_micros(moment)
    if memory.after_message is not None:
        kept["after_message"] = memory.after_message
    if memory.offer is not None:
        kept["offer"] = memory.offer
    if memory.results:
        kept["results"] = memory.results
    if memory.tasks_due:
        kept["tasks_due"] = [(step, to_micros(due)) for step, due in memory.tasks_due]
    return orjson.dumps(kept).decode() if kept else None


def memory_from(kept: Mapping[str, Any] | None) -> Memory:
    """Read what `memory_json` wrote."""
    if not kept:
        return _NO_MEMORY
    return Memory(
        waits_since=_moment(kept, "waits_since"),
        after_message=kept.get("after_message"),
        waits_until=_moment(kept, "waits_until"),
        results=tuple((name, result) for name, result in kept.get("results", ())),
        offer=kept.get("offer"),
        offer_until=_moment(kept, "offer_until"),
        tasks_due=tuple((step, from_micros(due)) for step, due in kept.get("tasks_due", ())),
    )


def _moment(kept: Mapping[str, Any], name: str) -> datetime | None:
    return from_micros_or_none(kept.get(name))
