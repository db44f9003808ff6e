"""The funnel of a version: how far its customers came, and what became of its messages.

Reads every decision and message of the version, so the caller asks now and then, not each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.engine.plan import START
from keepwarm.engine.run import Deed
from keepwarm.store.json_columns import from_json


@dataclass(frozen=True, slots=True)
class StepCount:
    """What happened at one step, counted in runs and in messages."""

    reached: int = 0
    waiting: int = 0
    queued: int = 0
    sent: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Funnel:
    """A version's customers and messages by step; steps that nobody reached are absent."""

    entered: int
    steps: Mapping[int, StepCount]


def funnel(cx: Connection, playbook: str, version_id: int) -> Funnel:
    """Count a version's funnel."""
    reached, entered = _reached(cx, version_id)
    waiting = _waiting(cx, playbook, version_id)
    reached.update(waiting)
    reached.update(_ended_at(cx, playbook, version_id))
    messages = _messages(cx, playbook, version_id)
    return Funnel(
        entered,
        {
            step: StepCount(reached[step], waiting[step], *messages.get(step, (0, 0, 0, 0)))
            for step in sorted(reached.keys() | messages.keys())
        },
    )


#: Whoever waits has not passed the step yet, and is counted by its run; the others do not say
#: that a run came by.
_NOT_PASSING: Final = frozenset(
    {Deed.WAITS, Deed.TASK_LATE, Deed.GOAL_REACHED, Deed.STOPPED, Deed.COMPLETED}
)


def _reached(cx: Connection, version_id: int) -> tuple[Counter[int], int]:
    """Count the runs that passed each step; decisions that are alike share their trace."""
    traces = cx.execute(
        text("SELECT id, decisions FROM trace WHERE version_id = :version"),
        {"version": version_id},
    ).all()
    found = cx.execute(
        text(
            "SELECT trace_id, count(*) FROM decision WHERE trace_id IN"
            " (SELECT id FROM trace WHERE version_id = :version) GROUP BY trace_id"
        ),
        {"version": version_id},
    )
    counts = {int(trace): int(count) for trace, count in found}
    reached: Counter[int] = Counter()
    entered = 0
    for trace, decisions in traces:
        count = counts.get(trace, 0)
        steps, enters = _passed(decisions)
        reached.update(dict.fromkeys(steps, count))
        entered += count if enters else 0
    return reached, entered


def _passed(decisions: Any) -> tuple[set[int], bool]:  # noqa: ANN401 - what the database gives JSON as
    found: Iterable[list[Any]] = from_json(decisions)
    steps, enters = set(), False
    for step, deed, *_ in found:
        if deed == Deed.ENTERED:
            enters = True
        elif step > START and deed not in _NOT_PASSING:
            steps.add(step)
    return steps, enters


def _waiting(cx: Connection, playbook: str, version_id: int) -> Counter[int]:
    found = cx.execute(
        text(
            "SELECT step, count(*) FROM run WHERE playbook = :playbook"
            " AND due_at IS NOT NULL AND version_id = :version AND step >= 0 GROUP BY step"
        ),
        {"playbook": playbook, "version": version_id},
    )
    return Counter({int(step): int(count) for step, count in found})


def _ended_at(cx: Connection, playbook: str, version_id: int) -> Counter[int]:
    """Count the runs that a goal, or a reason to stop, ended where they waited."""
    found = cx.execute(
        text(
            "SELECT step, count(*) FROM run WHERE playbook = :playbook AND due_at IS NULL"
            " AND version_id = :version AND step >= 0 GROUP BY step"
        ),
        {"playbook": playbook, "version": version_id},
    )
    return Counter({int(step): int(count) for step, count in found})


def runs_by_end(cx: Connection, playbook: str, version_id: int) -> Mapping[tuple[str, str], int]:
    """Count a version's runs by where they stand and by their mode."""
    found = cx.execute(
        text(
            "SELECT status, mode, count(*) FROM run WHERE playbook = :playbook"
            " AND version_id = :version GROUP BY status, mode"
        ),
        {"playbook": playbook, "version": version_id},
    )
    return {(status, mode): int(count) for status, mode, count in found}


_MESSAGES: Final = """
SELECT step, count(*), sum(sent), sum(skipped), sum(failed) FROM (
    SELECT m.step,
        max(CASE WHEN o.status IN ('sent', 'delivered') THEN 1 ELSE 0 END) AS sent,
        max(CASE WHEN o.status IN ('skipped', 'suppressed', 'expired') THEN 1
            ELSE 0 END) AS skipped,
        max(CASE WHEN o.status IN ('failed', 'unknown') THEN 1 ELSE 0 END) AS failed
    FROM message m LEFT JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt
    WHERE m.playbook = :playbook AND m.version_id = :version
    GROUP BY m.id, m.step
) AS each_message GROUP BY step
"""


def _messages(
    cx: Connection, playbook: str, version_id: int
) -> dict[int, tuple[int, int, int, int]]:
    """Count what became of the messages, by the last attempt of each."""
    found = cx.execute(text(_MESSAGES), {"playbook": playbook, "version": version_id})
    return {
        step: (int(queued), int(sent), int(skipped), int(failed))
        for step, queued, sent, skipped, failed in found
    }
