"""Why: the runs of a customer with each decision as it was recorded, and its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from keepwarm.engine.run import Check, Decision, Deed, Seen
from keepwarm.store.moments import from_micros


@dataclass(frozen=True, slots=True)
class Decided:
    """What one advance of a run decided, and the values that its tests saw (`Check.seen_at`)."""

    at: datetime
    #: The version that decided; a run may have been moved to another since.
    version_id: int
    decisions: tuple[Decision, ...]
    seen: tuple[Seen, ...]
    #: For a run that then waited: until when, as far as the clock alone decides.
    until: datetime | None


@dataclass(frozen=True, slots=True)
class RunTold:
    """One run of a customer, with all that was decided in it."""

    id: int
    playbook: str
    version_id: int
    #: Which version of the playbook it is, counted from 1.
    number: int
    status: str
    mode: str
    step: int
    started_at: datetime
    ended_at: datetime | None
    decided: tuple[Decided, ...]


def runs_of(cx: Connection, customer_id: int, playbook: str | None, limit: int) -> list[RunTold]:
    """Give a customer's latest runs, the oldest of them first."""
    mine = "AND r.playbook = :playbook" if playbook else ""
    rows = cx.execute(
        text(
            "SELECT r.id, r.playbook, r.version_id, v.number, r.status, r.mode, r.step,"
            " r.started_at, r.ended_at FROM run r JOIN version v ON v.id = r.version_id"
            f" WHERE r.customer_id = :customer {mine}"
            # Not by the rows' keys: what is told must not depend on how the rows came to lie.
            " ORDER BY r.started_at DESC, r.playbook DESC, r.entry_key DESC LIMIT :limit"
        ),
        {"customer": customer_id, "limit": limit} | ({"playbook": playbook} if playbook else {}),
    ).all()
    return [_run(cx, row) for row in reversed(rows)]


def _run(cx: Connection, row: Sequence[Any]) -> RunTold:
    key, playbook, version_id, number, status, mode, step, started, ended = row
    return RunTold(
        id=key,
        playbook=playbook,
        version_id=version_id,
        number=number,
        status=status,
        mode=mode,
        step=step,
        started_at=from_micros(started),
        ended_at=None if ended is None else from_micros(ended),
        decided=_decided(cx, key),
    )


def _decided(cx: Connection, run_id: int) -> tuple[Decided, ...]:
    rows = cx.execute(
        text(
            "SELECT d.at, t.version_id, t.decisions, d.seen, d.until FROM decision d"
            " JOIN trace t ON t.id = d.trace_id WHERE d.run_id = :run ORDER BY d.number"
        ),
        {"run": run_id},
    )
    return tuple(
        Decided(
            from_micros(at),
            version_id,
            tuple(_decision(each) for each in _json(decisions)),
            tuple(_json(seen) or ()),
            None if until is None else from_micros(until),
        )
        for at, version_id, decisions, seen, until in rows
    )


def _decision(written: Sequence[Any]) -> Decision:
    step, deed, detail, checks = written
    return Decision(step, Deed(deed), detail, tuple(Check(*each) for each in checks))


def _json(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    return orjson.loads(value) if isinstance(value, str) else value


def messages_of(cx: Connection, run_id: int) -> list[tuple[int, int, int]]:
    """Give (version, step, key) of each message of a run, in the order of queueing."""
    rows = cx.execute(
        text(
            "SELECT version_id, step, id FROM message WHERE run_id = :run"
            " ORDER BY queued_at, step, part, id"
        ),
        {"run": run_id},
    )
    return [(version_id, step, key) for version_id, step, key in rows]


def runs_by_playbook(cx: Connection, customer_id: int) -> Mapping[str, int]:
    """Count a customer's runs in each playbook that they were ever in."""
    rows = cx.execute(
        text("SELECT playbook, count(*) FROM run WHERE customer_id = :customer GROUP BY playbook"),
        {"customer": customer_id},
    )
    return {playbook: count for playbook, count in rows}  # noqa: C416 - a row is no tuple


def latest_trigger(cx: Connection, playbook: str, customer_id: int) -> Mapping[str, Any]:
    """Give the properties of the event that started a customer's latest run; empty for none."""
    found = cx.execute(
        text(
            'SELECT "trigger" FROM run WHERE playbook = :playbook AND customer_id = :customer'
            " ORDER BY started_at DESC, id DESC LIMIT 1"
        ),
        {"playbook": playbook, "customer": customer_id},
    ).scalar()
    trigger: Mapping[str, Any] | None = _json(found)
    return trigger or {}
