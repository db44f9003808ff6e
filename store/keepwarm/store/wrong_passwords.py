"""Wrong passwords of late, counted for all processes of the web together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from keepwarm.store.bulk import insert_rows, text_list
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.ids import in_ids
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import WrongPasswordRow


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for one account or place."""

    count: int
    #: Until when the next password is not looked at.
    until: datetime


def hold_counts(cx: Connection, names: Collection[str], now: datetime) -> Mapping[str, Counted]:
    """Give what is counted for each name, and keep others from it until this ends."""
    in_order = sorted(names)  # so that two who hold some of the same wait for one another
    columns = ("counted_for", "count", "until", "last_at")
    rows = [(name, 0, now, now) for name in in_order]
    insert_rows(cx, WrongPasswordRow, columns, rows, on_conflict="skip")
    lock = " FOR UPDATE" if dialect_of(cx) is Dialect.POSTGRESQL else ""
    statement = text(
        "SELECT counted_for, count, until FROM wrong_password"
        f" WHERE counted_for {in_ids(cx, 'names')} ORDER BY counted_for{lock}"
    ).bindparams(text_list(cx, "names", in_order))
    return {
        name: Counted(count, from_micros(until)) for name, count, until in cx.execute(statement)
    }


def keep_counts(cx: Connection, counted: Mapping[str, Counted], now: datetime) -> None:
    """Keep what is counted from now on."""
    statement = text(
        "UPDATE wrong_password SET count = :count, until = :until, last_at = :now"
        " WHERE counted_for = :name"
    )
    for name, each in sorted(counted.items()):
        until = to_micros(each.until)
        values = {"name": name, "count": each.count, "until": until, "now": to_micros(now)}
        cx.execute(statement, values)


def forget_counts(cx: Connection, before: datetime) -> None:
    """Forget what was counted last before a moment."""
    statement = text("DELETE FROM wrong_password WHERE last_at < :before")
    cx.execute(statement, {"before": to_micros(before)})
