"""The ledger: every decision of every run, with the values it saw.

Runs that decide alike share one trace; each has its own row with its own values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from keepwarm.engine.advancing import Together
from keepwarm.engine.run import Decision, Seen
from keepwarm.store.bulk import insert_rows, json_text
from keepwarm.store.driver import run
from keepwarm.store.ids import from_ids, in_ids, json_parameter
from keepwarm.store.moments import to_micros
from keepwarm.store.runs import DueRuns
from keepwarm.store.tables import DecisionRow, TraceRow

#: Where as many who decided alike saw the same, they are written by one statement; else by row.
_MANY: Final = 20


@dataclass(frozen=True, slots=True)
class Noted:
    """What runs decided alike, as the ledger will say it."""

    digest: str
    decisions: list[object]
    until: int | None
    #: Number, values seen, and the runs, where many saw the same.
    alike: Sequence[tuple[int, str | None, Sequence[int]]]
    #: Run, number and values seen of the others.
    apart: Sequence[tuple[int, int, str | None]]


def note_decisions(due: DueRuns, groups: Iterable[Together]) -> list[Noted]:
    """Note who took which course, on which values; here is no database.

    A decision is numbered by how often its run was advanced before.
    """
    return [_noted(due, group) for group in groups if group.course.decisions]


def append_decisions(
    cx: Connection, version_id: int, noted: Sequence[Noted], now: datetime
) -> None:
    """Append what was noted of runs of one version: one row a run."""
    at = to_micros(now)
    rows: list[tuple[Any, ...]] = []
    for each, trace in zip(noted, _traces(cx, version_id, noted), strict=True):
        for number, seen, run_ids in each.alike:
            _append_alike(cx, run_ids, number, at, trace, seen, each.until)
        rows += [(run, number, at, trace, seen, each.until) for run, number, seen in each.apart]
    columns = ("run_id", "number", "at", "trace_id", "seen", "until")
    insert_rows(cx, DecisionRow, columns, rows, is_encoded=True)


def _noted(due: DueRuns, group: Together) -> Noted:
    decisions: list[object] = [_plain(decision) for decision in group.course.decisions]
    alike: list[tuple[int, str | None, Sequence[int]]] = []
    apart: list[tuple[int, int, str | None]] = []
    run_ids, numbers = due.ids_of(group.who), [due.advances[place] for place in group.who]
    shown = {seen: json_text(seen) if seen else None for seen in set(group.seen)}
    if len(shown) * _MANY > len(run_ids):
        apart = [*zip(run_ids, numbers, map(shown.__getitem__, group.seen), strict=True)]
    else:
        for (number, seen), ids in _seeing_alike(numbers, group.seen, run_ids).items():
            alike.append((number, shown[seen], ids))
    return Noted(
        digest=hashlib.blake2b(orjson.dumps(decisions), digest_size=16).hexdigest(),
        decisions=decisions,
        until=_micros(group.course.memory.waits_until),
        alike=alike,
        apart=apart,
    )


def _seeing_alike(
    numbers: Sequence[int], seen: Sequence[tuple[Seen, ...]], run_ids: Sequence[int]
) -> Mapping[tuple[int, tuple[Seen, ...]], Sequence[int]]:
    """Give the runs by the number of their decision and the values that they saw."""
    if len(set(seen)) == len(set(numbers)) == 1:
        return {(numbers[0], seen[0]): run_ids}
    found: dict[tuple[int, tuple[Seen, ...]], list[int]] = {}
    for number, values, run_id in zip(numbers, seen, run_ids, strict=True):
        found.setdefault((number, values), []).append(run_id)
    return found


def _append_alike(
    cx: Connection,
    run_ids: Sequence[int],
    number: int,
    at: int,
    trace: int,
    seen: str | None,
    until: int | None,
) -> None:
    run(
        cx,
        "INSERT INTO decision (run_id, number, at, trace_id, seen, until)"
        f" SELECT value, :number, :at, :trace, {json_parameter(cx, 'seen')},"
        f" CAST(:until AS BIGINT) {from_ids(cx)}",
        ids=run_ids,
        number=number,
        at=at,
        trace=trace,
        seen=seen,
        until=until,
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _traces(cx: Connection, version_id: int, noted: Sequence[Noted]) -> list[int]:
    """Give the key of each course's trace, writing those that are new."""
    rows = [(version_id, each.digest, each.decisions) for each in noted]
    insert_rows(cx, TraceRow, ("version_id", "digest", "decisions"), rows, on_conflict="skip")
    digests = [each.digest for each in noted]
    sql = f"SELECT digest, id FROM trace WHERE version_id = :version AND digest {in_ids(cx)}"
    keys: dict[str, int] = dict(run(cx, sql, version=version_id, ids=digests))
    return [keys[digest] for digest in digests]


def _plain(decision: Decision) -> list[object]:
    checks = [[c.fact, c.wanted, c.held, c.line, c.seen_at] for c in decision.checks]
    return [decision.step, decision.deed, decision.detail, checks]
