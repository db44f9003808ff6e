"""The ledger: every decision of every run, with the values it saw.

Runs that decide alike share one trace; each has its own row with its own values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.run import Course, Decision, Seen
from keepwarm.store.bulk import insert_rows, json_text
from keepwarm.store.moments import to_micros
from keepwarm.store.runs import DueRun
from keepwarm.store.tables import DecisionRow, TraceRow


def append_decisions(
    cx: Connection,
    decided: Iterable[tuple[Course, Sequence[tuple[DueRun, tuple[Seen, ...]]]]],
    now: datetime,
) -> None:
    """Append one row a run: which course it took, on which values."""
    courses = [(course, runs) for course, runs in decided if course.decisions]
    traces = _traces(cx, [(runs[0][0].version_id, course) for course, runs in courses])
    at = to_micros(now)
    insert_rows(
        cx,
        DecisionRow,
        ("run_id", "number", "at", "trace_id", "seen", "until"),
        (
            (due.id, due.advances, at, trace, json_text(seen) if seen else None, until)
            for (course, runs), trace in zip(courses, traces, strict=True)
            for until in (_micros(course.memory.waits_until),)
            for due, seen in runs
        ),
        is_encoded=True,
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _traces(cx: Connection, wanted: Sequence[tuple[int, Course]]) -> list[int]:
    """Give the key of each course's trace, writing those that are new."""
    rows = []
    for version_id, course in wanted:
        decisions = [_plain(decision) for decision in course.decisions]
        digest = hashlib.blake2b(orjson.dumps(decisions), digest_size=16).hexdigest()
        rows.append((version_id, digest, decisions))
    insert_rows(cx, TraceRow, ("version_id", "digest", "decisions"), rows, on_conflict="skip")
    keys: dict[tuple[int, str], int] = {}
    for version_id in {version_id for version_id, _, _ in rows}:
        digests = [digest for version, digest, _ in rows if version == version_id]
        keys |= _keys(cx, version_id, digests)
    return [keys[version_id, digest] for version_id, digest, _ in rows]


def _keys(cx: Connection, version_id: int, digests: list[str]) -> dict[tuple[int, str], int]:
    names = {f"d{number}": digest for number, digest in enumerate(digests)}
    marks = ", ".join(f":{name}" for name in names)
    found = cx.execute(
        text(f"SELECT digest, id FROM trace WHERE version_id = :v AND digest IN ({marks})"),
        {"v": version_id, **names},
    )
    return {(version_id, digest): key for digest, key in found}


def _plain(decision: Decision) -> list[object]:
    checks = [[c.fact, c.wanted, c.held, c.line, c.seen_at] for c in decision.checks]
    return [decision.step, decision.deed, decision.detail, checks]
