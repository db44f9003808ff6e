"""Write keys: who may post events and profiles, what of them, and how fast.

A key is `kw_<name>_<secret>`. Its name is kept and shown; of the whole there is only a hash, so
that whoever reads the database cannot post. Several keys of one source are valid at once, which
is how one is exchanged for another.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.store.audit import note
from keepwarm.store.bulk import insert_rows
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros
from keepwarm.store.tables import WriteKeyRow

#: How exactly the last use is known: a write for every request would cost more than it tells.
_USE_NOTED_EVERY: Final = timedelta(minutes=1)
_COLUMNS: Final = (
    "id", "source", "digest", "calls", "events", "per_second", "made_at", "made_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WriteKey:
    """What is kept of a key."""

    #: The part of it that may be shown.
    id: str
    #: What its events are told to come from; the same event from the same source is one (law 3).
    source: str
    #: The calls it may make (`track`, `identify`, …); none named is all.
    calls: frozenset[str]
    #: The events it may tell; none named is all.
    events: frozenset[str]
    #: How many items a second it may post.
    per_second: int
    made_at: datetime
    made_by: str
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def add_key(cx: Connection, key: WriteKey, whole: str, now: datetime) -> None:
    """Keep a new key: `whole` is the key as its holder shows it, and is not kept."""
    row = (
        key.id, key.source, _digest(whole), sorted(key.calls), sorted(key.events), key.per_second,
        now, key.made_by,
    )  # fmt: skip
    insert_rows(cx, WriteKeyRow, _COLUMNS, [row])
    note(cx, key.made_by, "made a write key", {"key": key.id, "source": key.source}, now)


def revoke_key(cx: Connection, key_id: str, by: str, now: datetime) -> bool:
    """Let a key open nothing from now on; tell whether it did before."""
    statement = text("UPDATE write_key SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")
    was_valid = cx.execute(statement, {"id": key_id, "now": to_micros(now)}).rowcount > 0
    if was_valid:
        note(cx, by, "revoked a write key", {"key": key_id}, now)
    return was_valid


def key_of(cx: Connection, whole: str) -> WriteKey | None:
    """Give the valid key that somebody shows; None where there is none, or it was revoked."""
    statement = text(f"{_SELECT} WHERE id = :id AND revoked_at IS NULL")
    row = cx.execute(statement, {"id": whole.rpartition("_")[0]}).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, _digest(whole)):
        return None
    return _read(row)


def read_keys(cx: Connection) -> list[WriteKey]:
    """Give every key, those revoked too, by source and age."""
    return [_read(row) for row in cx.execute(text(f"{_SELECT} ORDER BY source, made_at, id"))]


def has_keys(cx: Connection) -> bool:
    """Tell whether a key was ever made; from then on nobody posts without one."""
    return cx.execute(text("SELECT 1 FROM write_key LIMIT 1")).first() is not None


def is_use_noted(key: WriteKey, now: datetime) -> bool:
    """Tell whether it is known closely enough when the key was used last."""
    return key.used_at is not None and now - key.used_at < _USE_NOTED_EVERY


def note_use(cx: Connection, key_id: str, now: datetime) -> None:
    """Keep when a key was used last."""
    statement = text("UPDATE write_key SET used_at = :now WHERE id = :id")
    cx.execute(statement, {"id": key_id, "now": to_micros(now)})


_SELECT: Final = (
    "SELECT id, source, digest, calls, events, per_second, made_at, made_by, used_at, revoked_at"
    " FROM write_key"
)


def _digest(whole: str) -> str:
    # The secret is 160 random bits: no salt and no slow hash would make it harder to find.
    return hashlib.sha256(whole.encode()).hexdigest()


def _read(row: Any) -> WriteKey:  # noqa: ANN401 - a row of a statement has no type of its own
    return WriteKey(
        id=row.id,
        source=row.source,
        calls=frozenset(from_json(row.calls)),
        events=frozenset(from_json(row.events)),
        per_second=row.per_second,
        made_at=from_micros(row.made_at),
        made_by=row.made_by,
        used_at=from_micros_or_none(row.used_at),
        revoked_at=from_micros_or_none(row.revoked_at),
    )
