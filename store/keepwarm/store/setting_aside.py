"""Setting aside: a row that nobody can read must not keep those beside it from being worked off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import to_micros


def part_chunk(cx: Connection, chunk: int, now: datetime, until: datetime) -> int | None:
    """Make two of a chunk that is due, or put off one of a single message; give that message.

    None where it was parted, or is another worker's by now.
    """
    taken = cx.execute(
        text("UPDATE chunk SET fence = fence + 1 WHERE id = :chunk AND due_at <= :now"),
        {"chunk": chunk, "now": to_micros(now)},
    ).rowcount
    ids = cx.execute(
        text("SELECT id FROM message WHERE chunk_id = :chunk ORDER BY id"), {"chunk": chunk}
    ).scalars()
    messages = list(ids) if taken else []
    if len(messages) > 1:
        other = cx.execute(
            text(
                "INSERT INTO chunk (playbook, channel, priority, due_at, fence)"
                " SELECT playbook, channel, priority, due_at, fence FROM chunk WHERE id = :chunk"
                " RETURNING id"
            ),
            {"chunk": chunk},
        ).scalar_one()
        cx.execute(
            text("UPDATE message SET chunk_id = :other WHERE chunk_id = :chunk AND id >= :first"),
            {"other": other, "chunk": chunk, "first": messages[len(messages) // 2]},
        )
        return None
    if taken:
        cx.execute(
            text("UPDATE chunk SET due_at = :until WHERE id = :chunk"),
            {"until": to_micros(until), "chunk": chunk},
        )
    return messages[0] if messages else None


def put_off_run(cx: Connection, playbook: str, now: datetime, until: datetime) -> int | None:
    """Put off the run that is due the longest, and give it; None when none is due."""
    return cx.execute(
        text(
            "UPDATE run SET due_at = :until WHERE id = (SELECT id FROM run"
            " WHERE playbook = :playbook AND due_at <= :now"
            f" ORDER BY due_at, id LIMIT 1{skip_locked(cx)}) RETURNING id"
        ),
        {"until": to_micros(until), "playbook": playbook, "now": to_micros(now)},
    ).scalar()
