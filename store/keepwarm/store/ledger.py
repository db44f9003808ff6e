"""The ledger: every decision of every run, with the values it saw.

Runs that decide alike share one trace; each has its own row with its own values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.advancing import Together
from keepwarm.engine.crowd import Place
from keepwarm.engine.run import Course, Decision, Seen
from keepwarm.store.bulk import insert_rows, json_text, text_list
from keepwarm.store.ids import id_list, in_ids, json_parameter
from keepwarm.store.moments import to_micros
from keepwarm.store.runs import DueRuns
from keepwarm.store.tables import DecisionRow, TraceRow

#: As many who decided alike and saw the same are written by one statement rather than row by row.
_MANY: Final = 20


def append_decisions(
    cx: Connection, due: DueRuns, groups: Iterable[Together], now: datetime
) -> None:
    """Append one row a run: which course it took, on which values.

    Call it before the runs are written: a decision is numbered by how often its run was advanced.
    """
    noted = [group for group in groups if group.course.decisions]
    traces = _traces(cx, due.version_id, [group.course for group in noted])
    rows: list[tuple[Any, ...]] = []
    for group, trace in zip(noted, traces, strict=True):
        what = (to_micros(now), trace)
        until = _micros(group.course.memory.waits_until)
        for seen, who in _seeing_alike(group).items():
            values = json_text(seen) if seen else None
            if len(who) >= _MANY:
                _append_alike(cx, due.ids_of(who), *what, values, until)
            else:
                rows += [(due.ids[p], due.advances[p], *what, values, until) for p in who]
    columns = ("run_id", "number", "at", "trace_id", "seen", "until")
    insert_rows(cx, DecisionRow, columns, rows, is_encoded=True)


def _seeing_alike(group: Together) -> Mapping[tuple[Seen, ...], Sequence[Place]]:
    """Give those of a group by the values that they saw."""
    if len(set(group.seen)) == 1:
        return {group.seen[0]: group.who}
    found: dict[tuple[Seen, ...], list[Place]] = {}
    for place, seen in zip(group.who, group.seen, strict=True):
        found.setdefault(seen, []).append(place)
    return found


def _append_alike(
    cx: Connection, run_ids: Sequence[int], at: int, trace: int, seen: str | None, until: int | None
) -> None:
    cx.execute(
        text(
            "INSERT INTO decision (run_id, number, at, trace_id, seen, until)"
            f" SELECT id, advances, :at, :trace, {json_parameter(cx, 'seen')},"
            f" CAST(:until AS BIGINT) FROM run WHERE id {in_ids(cx)}"
        ).bindparams(id_list(cx, run_ids)),
        {"at": at, "trace": trace, "seen": seen, "until": until},
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _traces(cx: Connection, version_id: int, courses: Sequence[Course]) -> list[int]:
    """Give the key of each course's trace, writing those that are new."""
    rows = []
    for course in courses:
        decisions = [_plain(decision) for decision in course.decisions]
        digest = hashlib.blake2b(orjson.dumps(decisions), digest_size=16).hexdigest()
        rows.append((version_id, digest, decisions))
    insert_rows(cx, TraceRow, ("version_id", "digest", "decisions"), rows, on_conflict="skip")
    found = cx.execute(
        text(
            f"SELECT digest, id FROM trace WHERE version_id = :version AND digest {in_ids(cx)}"
        ).bindparams(text_list(cx, "ids", [digest for _, digest, _ in rows])),
        {"version": version_id},
    )
    keys = {row.digest: row.id for row in found}
    return [keys[digest] for _, digest, _ in rows]


def _plain(decision: Decision) -> list[object]:
    checks = [[c.fact, c.wanted, c.held, c.line, c.seen_at] for c in decision.checks]
    return [decision.step, decision.deed, decision.detail, checks]
