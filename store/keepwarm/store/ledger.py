"""The ledger: every decision of every run, with the values it saw.

Runs that decide alike share one trace; each has its own row with its own values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.advancing import Together
from keepwarm.engine.run import Course, Decision
from keepwarm.store.bulk import insert_rows, json_text, text_list
from keepwarm.store.ids import in_ids
from keepwarm.store.moments import to_micros
from keepwarm.store.runs import DueRuns
from keepwarm.store.tables import DecisionRow, TraceRow


def append_decisions(
    cx: Connection, due: DueRuns, groups: Iterable[Together], now: datetime
) -> None:
    """Append one row a run: which course it took, on which values."""
    noted = [group for group in groups if group.course.decisions]
    traces = _traces(cx, due.version_id, [group.course for group in noted])
    ids, advances, at = due.ids, due.advances, to_micros(now)
    insert_rows(
        cx,
        DecisionRow,
        ("run_id", "number", "at", "trace_id", "seen", "until"),
        (
            (ids[place], advances[place], at, trace, json_text(seen) if seen else None, until)
            for group, trace in zip(noted, traces, strict=True)
            for until in (_micros(group.course.memory.waits_until),)
            for place, seen in zip(group.who, group.seen, strict=True)
        ),
        is_encoded=True,
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
