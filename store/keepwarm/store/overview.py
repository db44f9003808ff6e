"""How things stand, in a few counts: what went out, what waits, what failed, what is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.engine.outcome import MessageStatus
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros

_IS_PRESENT: Final = "erased_at IS NULL AND merged_into IS NULL"
#: From the lowest rank to the highest.
_STATUSES: Final = sorted(MessageStatus, key=lambda status: status.rank)
_PLACES: Final = " ".join(f"WHEN '{status}' THEN {place}" for place, status in enumerate(_STATUSES))
#: Of each message the place of the highest status that is known of its present attempt.
_WHERE_IT_STANDS: Final = (
    f"SELECT m.channel, m.playbook, m.id, max(CASE o.status {_PLACES} ELSE 0 END) AS place"
    " FROM message m JOIN outcome o ON o.message_id = m.id AND o.attempt = m.attempt"
)


@dataclass(frozen=True, slots=True)
class PlaybookStanding:
    """How one playbook stands."""

    #: Runs that go on.
    inside: int
    #: When a run or a message of it is due next; None when none waits.
    next_due: datetime | None


def by_channel_and_status(
    cx: Connection, since: datetime, playbook: str | None = None
) -> Mapping[tuple[str, str], int]:
    """Count messages by channel and where they stand, of those that something became of since."""
    mine = "AND m.playbook = :playbook" if playbook else ""
    found = cx.execute(
        text(
            f"SELECT channel, place, count(*) FROM ({_WHERE_IT_STANDS}"
            f" WHERE o.at >= :since {mine} GROUP BY m.channel, m.playbook, m.id) AS each_message"
            " GROUP BY channel, place"
        ),
        {"since": to_micros(since)} | ({"playbook": playbook} if playbook else {}),
    )
    return {(channel, _STATUSES[place].value): count for channel, place, count in found}


def reasons(
    cx: Connection, status: str, since: datetime, playbook: str | None = None
) -> Mapping[str, int]:
    """Count the messages with an outcome of a status by its reason, the most frequent first."""
    mine = "AND m.playbook = :playbook" if playbook else ""
    found = cx.execute(
        text(
            "SELECT coalesce(o.reason, ''), count(*) FROM outcome o"
            " JOIN message m ON m.id = o.message_id AND m.attempt = o.attempt"
            f" WHERE o.status = :status AND o.at >= :since {mine}"
            " GROUP BY coalesce(o.reason, '') ORDER BY count(*) DESC, coalesce(o.reason, '')"
        ),
        {"status": status, "since": to_micros(since)}
        | ({"playbook": playbook} if playbook else {}),
    )
    return dict(found.all())


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one channel that wait for one thing."""

    channel: str
    #: `held`; `again` for the next attempt, after one that was certainly not taken; or `queued`.
    what: str
    count: int
    #: When the first of them may go; None when a worker has it in hand.
    next_at: datetime | None


def waiting(cx: Connection) -> list[Waiting]:
    """Give what waits to be sent, whenever it was queued: chunks that are not done."""
    found = cx.execute(
        text(
            "SELECT channel, what, count(*), min(due_at) FROM (SELECT m.channel,"
            " CASE WHEN o.message_id IS NOT NULL THEN 'held' WHEN m.attempt > 0 THEN 'again'"
            " ELSE 'queued' END AS what, CASE WHEN k.worker IS NULL THEN k.due_at END AS due_at"
            " FROM chunk k JOIN message m ON m.chunk_id = k.id LEFT JOIN outcome o"
            " ON o.message_id = m.id AND o.attempt = m.attempt AND o.status = 'held'"
            " WHERE k.due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outcome other"
            " WHERE other.message_id = m.id AND other.attempt = m.attempt"
            " AND other.status <> 'held')) AS each_message"
            " GROUP BY channel, what ORDER BY channel, what"
        )
    )
    return [
        Waiting(channel, what, count, from_micros_or_none(due))
        for channel, what, count, due in found
    ]


def standing(cx: Connection) -> Mapping[str, PlaybookStanding]:
    """Give how each playbook stands that has a run or a message waiting, by name."""
    runs = {
        playbook: (count, due)
        for playbook, count, due in cx.execute(
            text(
                "SELECT playbook, count(*), min(due_at) FROM run WHERE due_at IS NOT NULL"
                " GROUP BY playbook"
            )
        )
    }
    earliest = "SELECT playbook, min(due_at) FROM chunk WHERE due_at IS NOT NULL GROUP BY playbook"
    chunks: dict[str, int] = dict(cx.execute(text(earliest)).all())
    found: dict[str, PlaybookStanding] = {}
    for playbook in sorted(runs.keys() | chunks.keys()):
        inside, due = runs.get(playbook, (0, None))
        moments = [moment for moment in (due, chunks.get(playbook)) if moment is not None]
        next_due = from_micros(min(moments)) if moments else None
        found[playbook] = PlaybookStanding(inside, next_due)
    return found


def arrivals_with_problems(cx: Connection, limit: int = 5) -> tuple[int, list[str]]:
    """Count what arrived and could not be used, and give the latest reasons."""
    refused = "FROM inbox WHERE problem IS NOT NULL AND problem <> 'erased'"
    count: int = cx.execute(text(f"SELECT count(*) {refused}")).scalar_one()
    latest = text(f"SELECT problem {refused} ORDER BY id DESC LIMIT :limit")
    return count, [str(each) for each in cx.execute(latest, {"limit": limit}).scalars()]


def how_many_customers(cx: Connection) -> int:
    """Count the customers who are present."""
    found: int = cx.execute(text(f"SELECT count(*) FROM customer WHERE {_IS_PRESENT}")).scalar_one()
    return found


def first_customer_keys_outside(cx: Connection, playbook: str, limit: int) -> list[int]:
    """Give the keys of the first customers who are present and never came to a playbook."""
    found = cx.execute(
        text(
            f"SELECT id FROM customer WHERE {_IS_PRESENT} AND NOT EXISTS (SELECT 1 FROM run"
            " WHERE run.customer_id = customer.id AND run.playbook = :playbook)"
            " ORDER BY id LIMIT :limit"
        ),
        {"playbook": playbook, "limit": limit},
    )
    return [int(key) for key in found.scalars()]


def latest_customer_keys(cx: Connection, limit: int) -> list[int]:
    """Give the keys of the latest customers who are present."""
    found = cx.execute(
        text(f"SELECT id FROM customer WHERE {_IS_PRESENT} ORDER BY id DESC LIMIT :limit"),
        {"limit": limit},
    )
    return [int(key) for key in found.scalars()]


def how_many_are_held_out(cx: Connection, playbook: str) -> int:
    """Count the runs of a playbook whose customers are in its holdout."""
    statement = "SELECT count(*) FROM run WHERE playbook = :playbook AND mode = 'holdout'"
    return int(cx.execute(text(statement), {"playbook": playbook}).scalar_one())
