"""Why: the runs of a customer with each decision as it was recorded, and its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.engine.run import Check, Decision, Deed, RunStatus, Seen
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros

#: Later than every moment.
_EVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Decided:
    """What one advance of a run decided, and the values that its tests saw (`Check.seen_at`)."""

    at: datetime
    #: The version that decided; a run may have been moved to another since.
    version_id: int
    #: Which version of the playbook that is, counted from 1.
    number: int
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
    started_at: datetime
    ended_at: datetime | None
    decided: tuple[Decided, ...]


def runs_of(
    cx: Connection,
    customer_id: int,
    playbook: str | None,
    limit: int,
    at: datetime | None = None,
) -> list[RunTold]:
    """Give a customer's latest runs, the oldest of them first.

    `at` gives them as they stood at a moment: what was decided later is left out.
    """
    mine = "AND r.playbook = :playbook" if playbook else ""
    moment = _EVER if at is None else to_micros(at)
    rows = cx.execute(
        text(
            "SELECT r.id, r.playbook, r.version_id, v.number,"
            " CASE WHEN r.ended_at > :at THEN :open ELSE r.status END, r.mode, r.started_at,"
            " CASE WHEN r.ended_at <= :at THEN r.ended_at END"
            " FROM run r JOIN version v ON v.id = r.version_id"
            f" WHERE r.customer_id = :customer AND r.started_at <= :at {mine}"
            # Not by the rows' keys: what is told must not depend on how the rows came to lie.
            " ORDER BY r.started_at DESC, r.playbook DESC, r.entry_key DESC LIMIT :limit"
        ),
        {"customer": customer_id, "limit": limit, "at": moment, "open": RunStatus.ACTIVE}
        | ({"playbook": playbook} if playbook else {}),
    ).all()
    return [_run(cx, row, moment) for row in reversed(rows)]


def _run(cx: Connection, row: Sequence[Any], until: int) -> RunTold:
    key, playbook, version_id, number, status, mode, started, ended = row
    decided = _decided(cx, key, until)
    if until != _EVER and decided:
        # A run that was moved later was still on the version that had decided last.
        version_id, number = decided[-1].version_id, decided[-1].number
    return RunTold(
        id=key,
        playbook=playbook,
        version_id=version_id,
        number=number,
        status=status,
        mode=mode,
        started_at=from_micros(started),
        ended_at=from_micros_or_none(ended),
        decided=decided,
    )


def _decided(cx: Connection, run_id: int, until: int) -> tuple[Decided, ...]:
    rows = cx.execute(
        text(
            "SELECT d.at, t.version_id, v.number, t.decisions, d.seen, d.until FROM decision d"
            " JOIN trace t ON t.id = d.trace_id JOIN version v ON v.id = t.version_id"
            " WHERE d.run_id = :run AND d.at <= :until ORDER BY d.number"
        ),
        {"run": run_id, "until": until},
    )
    return tuple(
        Decided(
            from_micros(at),
            version_id,
            number,
            tuple(_decision(each) for each in from_json(decisions)),
            tuple(from_json(seen) or ()),
            from_micros_or_none(until),
        )
        for at, version_id, number, decisions, seen, until in rows
    )


def _decision(written: Sequence[Any]) -> Decision:
    step, deed, detail, checks = written
    return Decision(step, Deed(deed), detail, tuple(Check(*each) for each in checks))


@dataclass(frozen=True, slots=True)
class MessageTold:
    """A message of a run, and what queued it."""

    id: int
    step: int
    version_id: int
    #: Which version of the playbook that is, counted from 1.
    number: int


def messages_of(cx: Connection, run_id: int) -> list[MessageTold]:
    """Give the messages of a run, in the order of queueing."""
    rows = cx.execute(
        text(
            "SELECT m.id, m.step, m.version_id, v.number FROM message m"
            " JOIN version v ON v.id = m.version_id WHERE m.run_id = :run"
            " ORDER BY m.queued_at, m.step, m.part, m.id"
        ),
        {"run": run_id},
    )
    return [MessageTold(*row) for row in rows]


def runs_by_playbook(
    cx: Connection, customer_id: int, at: datetime | None = None
) -> Mapping[str, int]:
    """Count a customer's runs in each playbook that they had ever been in, by a moment or now."""
    rows = cx.execute(
        text(
            "SELECT playbook, count(*) FROM run WHERE customer_id = :customer"
            " AND started_at <= :at GROUP BY playbook"
        ),
        {"customer": customer_id, "at": _EVER if at is None else to_micros(at)},
    )
    return dict(rows.all())


def latest_trigger(cx: Connection, playbook: str, customer_id: int) -> Mapping[str, Any]:
    """Give the properties of the event that started a customer's latest run; empty for none."""
    found = cx.execute(
        text(
            'SELECT "trigger" FROM run WHERE playbook = :playbook AND customer_id = :customer'
            " ORDER BY started_at DESC, id DESC LIMIT 1"
        ),
        {"playbook": playbook, "customer": customer_id},
    ).scalar()
    trigger: Mapping[str, Any] | None = from_json(found)
    return trigger or {}
