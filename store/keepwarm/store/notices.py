"""What people of the house should know: kept where it came to be, and told afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows
from keepwarm.store.driver import first_number
from keepwarm.store.locking import skip_locked
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import NoticeRow

#: How long whoever took a notice may take to tell it before another worker may.
LEASE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for somebody of the house. Holds nothing of any customer's."""

    #: What it is about; the same is told once to each address.
    key: str
    words: str
    #: The road and the address: a team's chat channel, or an e-mail address.
    channel: str
    address: str
    at: datetime
    id: int = 0
    tries: int = 0


def put_notices(cx: Connection, notices: Iterable[Notice], now: datetime) -> int:
    """Keep what people should know, to be told at once; give how much of it is new."""
    columns = ("key", "words", "channel", "address", "at", "due_at", "tries")
    rows = sorted((n.key, n.words, n.channel, n.address, n.at, now, 0) for n in notices)
    return insert_rows(cx, NoticeRow, columns, rows, on_conflict="skip")


def take_notices(cx: Connection, now: datetime, limit: int = 20) -> list[Notice]:
    """Take notices that are to be told, and keep other workers from them for the lease."""
    taken = cx.execute(
        text(
            "UPDATE notice SET due_at = :lease_end, tries = tries + 1 WHERE id IN (SELECT id"
            f" FROM notice WHERE due_at <= :now ORDER BY id LIMIT :limit{skip_locked(cx)})"
            " RETURNING key, words, channel, address, at, id, tries"
        ),
        {"now": to_micros(now), "lease_end": to_micros(now + LEASE), "limit": limit},
    )
    return sorted((_notice(row) for row in taken), key=lambda notice: notice.id)


def _notice(row: Sequence[Any]) -> Notice:
    key, words, channel, address, at, number, tries = row
    return Notice(
        key=key,
        words=words,
        channel=channel,
        address=address,
        at=from_micros(at),
        id=number,
        tries=tries,
    )


def is_anything_to_tell(cx: Connection, now: datetime) -> bool:
    """Tell whether a notice is due."""
    sql = "SELECT 1 FROM notice WHERE due_at <= :now LIMIT 1"
    return first_number(cx, sql, now=to_micros(now)) is not None


def mark_told(cx: Connection, notice: Notice, now: datetime) -> None:
    """Note that a notice reached its road."""
    cx.execute(
        text("UPDATE notice SET due_at = NULL, told_at = :now WHERE id = :id"),
        {"now": to_micros(now), "id": notice.id},
    )


def tell_later(cx: Connection, notice: Notice, at: datetime | None) -> None:
    """Tell a notice again at a moment; None gives it up, and it stays to be read."""
    cx.execute(
        text("UPDATE notice SET due_at = :at WHERE id = :id"),
        {"at": None if at is None else to_micros(at), "id": notice.id},
    )


def latest_notices(cx: Connection, since: datetime, limit: int = 50) -> list[Notice]:
    """Give the notices of late, the newest first."""
    found = cx.execute(
        text(
            "SELECT key, words, channel, address, at, id, tries FROM notice"
            " WHERE at >= :since ORDER BY id DESC LIMIT :limit"
        ),
        {"since": to_micros(since), "limit": limit},
    )
    return [_notice(row) for row in found]
