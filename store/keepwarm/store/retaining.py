"""What has been kept for long enough goes, a batch at a time; what a law needs stays.

Stays for good: the keys by which something told twice is known (law 3), proofs of consent,
suppressions, who is inside a playbook, and what became of messages. Each kind is looked for from
where the last look ended, so that a look costs what there is to remove.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.schema.retention import Kept
from keepwarm.store.ids import id_list, in_ids, json_parameter
from keepwarm.store.import_rows import SOURCE
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros


@dataclass(frozen=True, slots=True)
class _Way:
    """How one kind goes: the rows that are old, by ascending key, and what becomes of them."""

    #: Finds `key`; takes `:last`, `:before` and `:most`.
    old: str
    #: Changes the rows whose keys are in `:ids`.
    going: tuple[str, ...]
    #: Which of the old rows hold anything at all, where some do not.
    holds: str = ""


_OLD_MESSAGES: Final = (
    "SELECT m.id FROM message m WHERE m.id > :last AND m.queued_at < :before ORDER BY m.id"
    " LIMIT :most"
)
_IS_REFUSED: Final = " AND problem IS NOT NULL AND problem <> 'erased'"
_WAYS: Final[Mapping[Kept, _Way]] = {
    Kept.WORDS: _Way(
        _OLD_MESSAGES,
        (
            "UPDATE outcome SET personal = NULL, raw = NULL WHERE message_id {ids}",
            "UPDATE report SET raw = '' WHERE message_id {ids}",
        ),
    ),
    Kept.ARRIVALS: _Way(
        "SELECT id FROM inbox WHERE id > :last AND received_at < :before AND done_at IS NOT NULL"
        "{holds} ORDER BY id LIMIT :most",
        # The row stays: by its key the same arrival is known when it is told again.
        (f"UPDATE inbox SET payload = {{nothing}}, problem = NULL WHERE id {{ids}}{_IS_REFUSED}",),
        holds=_IS_REFUSED,
    ),
    Kept.CHANGES: _Way(
        "SELECT id FROM attribute_change WHERE id > :last AND at < :before ORDER BY id LIMIT :most",
        ("DELETE FROM attribute_change WHERE id {ids}",),
    ),
    Kept.DECISIONS: _Way(
        "SELECT id FROM run WHERE id > :last AND started_at < :before ORDER BY id LIMIT :most",
        ("UPDATE decision SET seen = NULL WHERE run_id {ids} AND seen IS NOT NULL",),
    ),
    Kept.AUDIT: _Way(
        "SELECT id FROM audit WHERE id > :last AND at < :before ORDER BY id LIMIT :most",
        ("DELETE FROM audit WHERE id {ids}",),
    ),
}
_OLD_EVENTS: Final = (
    "SELECT id FROM event WHERE name = :name AND at < :before AND received_at < :before"
    " ORDER BY at LIMIT :most"
)
#: An event that goes leaves the key by which it is known when it is told again.
_REMEMBER: Final = (
    "INSERT INTO inbox (source, source_id, received_at, payload, done_at)"
    " SELECT source, source_id, received_at, {nothing}, :now FROM event"
    " WHERE id {ids} AND source <> :file ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Gone:
    """What has gone of a kind so far."""

    #: Whatever is older may be gone.
    until: datetime
    rows: int


def gone_so_far(cx: Connection) -> Mapping[Kept, Gone]:
    """Tell what has gone by its retention period."""
    found = cx.execute(text("SELECT what, gone_until, gone FROM retention"))
    return {Kept(what): Gone(from_micros(until), gone) for what, until, gone in found if gone}


def remove_old(cx: Connection, kept: Kept, before: datetime, most: int) -> int:
    """Let a batch of one kind go, of all that is older than a moment; give how many were old."""
    way = _WAYS[kept]
    values = {"last": _last_key(cx, kept), "before": to_micros(before), "most": most}
    ids = list(cx.execute(text(way.old.format(holds="")), values).scalars())
    gone = max((_change(cx, statement, ids, {}) for statement in way.going), default=0)
    if ids:
        _note(cx, kept, before, max(ids), gone)
    return len(ids)


def count_old(cx: Connection, kept: Kept, before: datetime, most: int) -> int:
    """Count what would go of one kind, up to a number."""
    way, last = _WAYS[kept], _last_key(cx, kept)
    values = {"last": last, "before": to_micros(before), "most": most}
    return len(cx.execute(text(way.old.format(holds=way.holds)), values).all())


def event_names(cx: Connection) -> list[str]:
    """Name the kinds of events that there are, by jumping from one to the next in their index."""
    names: list[str] = []
    following = text("SELECT min(name) FROM event WHERE name > :last")
    while (
        name := cx.execute(following, {"last": names[-1] if names else ""}).scalar()
    ) is not None:
        names.append(name)
    return names


def remove_old_events(cx: Connection, name: str, before: datetime, most: int, now: datetime) -> int:
    """Let a batch of one kind of event go; give how many."""
    values = {"name": name, "before": to_micros(before), "most": most}
    ids = list(cx.execute(text(_OLD_EVENTS), values).scalars())
    _change(cx, _REMEMBER, ids, {"now": to_micros(now), "file": SOURCE})
    _change(cx, "DELETE FROM event WHERE id {ids}", ids, {})
    if ids:
        _note(cx, Kept.EVENTS, before, 0, len(ids))
    return len(ids)


def count_old_events(cx: Connection, name: str, before: datetime, most: int) -> int:
    """Count what would go of one kind of event, up to a number."""
    values = {"name": name, "before": to_micros(before), "most": most}
    return len(cx.execute(text(_OLD_EVENTS), values).all())


def oldest_open_run(cx: Connection) -> datetime | None:
    """Tell when the oldest of the runs that go on began: it may ask for all since then."""
    sql = "SELECT min(started_at) FROM run WHERE due_at IS NOT NULL"
    found = cx.execute(text(sql)).scalar()
    return from_micros_or_none(found)


def _change(
    cx: Connection, statement: str, ids: Sequence[int], values: Mapping[str, object]
) -> int:
    if not ids:
        return 0
    sql = statement.format(ids=in_ids(cx), nothing=json_parameter(cx, "nothing"))
    given = {name: each for name, each in {**values, "nothing": "{}"}.items() if f":{name}" in sql}
    return cx.execute(text(sql).bindparams(id_list(cx, ids)), given).rowcount


def _last_key(cx: Connection, kept: Kept) -> int:
    sql = "SELECT last_key FROM retention WHERE what = :what"
    return int(cx.execute(text(sql), {"what": kept.value}).scalar() or 0)


def _note(cx: Connection, kept: Kept, before: datetime, last: int, rows: int) -> None:
    cx.execute(
        text(
            "INSERT INTO retention (what, gone_until, last_key, gone)"
            " VALUES (:what, :until, :last, :rows) ON CONFLICT (what) DO UPDATE SET"
            " gone_until = excluded.gone_until, last_key = excluded.last_key,"
            " gone = retention.gone + excluded.gone"
        ),
        {"what": kept.value, "until": to_micros(before), "last": last, "rows": rows},
    )
