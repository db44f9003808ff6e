"""Versions of playbooks, and the one pointer that says which of them are live.

Law 20: a version is pinned with every file that it was compiled from, so a run finishes on what
it entered. Law 21: a release stands as a whole, one pointer flips, and a stale plan is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.audit import note as note_in_audit
from keepwarm.store.bulk import insert_rows, json_text
from keepwarm.store.database import Dialect, dialect_of
from keepwarm.store.driver import first_number
from keepwarm.store.ids import json_parameter
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import ReleasedRow

_POINTER: Final = "live"
#: Any number that nobody else locks by.
_LOCK: Final = 0x72656C65


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """A version that the pointer leads to."""

    playbook: str
    version_id: int
    #: Counts up within the playbook.
    number: int
    digest: str
    #: The commit of the playbooks' repository; empty where there is none.
    commit: str
    #: Relative path -> text of every file that the playbook is compiled from.
    files: Mapping[str, str]
    #: When it went live or into its rollout, carried over between releases.
    live_since: datetime


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a release was agreed under."""

    #: The plan that it carries out; empty where it is applied without one.
    plan: str = ""
    #: Who must approve the next change: approval -> addresses.
    approvers: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Release:
    """What was applied at one moment."""

    id: int
    at: datetime
    by: str
    note: str
    #: Playbook -> version.
    versions: Mapping[str, int]
    agreed: Agreed = field(default_factory=Agreed)


@dataclass(frozen=True, slots=True)
class Stale:
    """Refused: something else went live since the plan was made."""

    #: The release that is live; None when there is none.
    live: int | None


@dataclass(frozen=True, slots=True)
class NothingBefore:
    """Refused: there is no release to go back to."""


@dataclass(frozen=True, slots=True)
class NoSuchRelease:
    """Refused: there never was a release of that number."""


# ── Versions ─────────────────────────────────────────────────────────────────────────────────


def digest_of(files: Mapping[str, str]) -> str:
    """Give the hash by which equal contents are one version."""
    pinned = orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(pinned).hexdigest()


def register(
    cx: Connection, playbook: str, files: Mapping[str, str], commit: str, by: str, now: datetime
) -> int:
    """Keep a playbook's files as a version, and give its key; equal files are the same version."""
    _take_turn(cx)
    values = {"playbook": playbook, "digest": digest_of(files)}
    known = text("SELECT id FROM version WHERE playbook = :playbook AND digest = :digest")
    found: int | None = cx.execute(known, values).scalar()
    if found is not None:
        return found
    made: int = cx.execute(
        text(
            'INSERT INTO version (playbook, number, digest, "commit", files, made_at, made_by)'
            " SELECT CAST(:playbook AS VARCHAR), coalesce(max(number), 0) + 1, :digest, :commit,"
            f" {json_parameter(cx, 'files')}, :now, :by"
            " FROM version WHERE playbook = :playbook RETURNING id"
        ),
        values
        | {"commit": commit, "files": json_text(dict(files)), "now": to_micros(now), "by": by},
    ).scalar_one()
    return made


def read_version(cx: Connection, version_id: int) -> tuple[str, Mapping[str, str]] | None:
    """Give the playbook and the files of a version."""
    statement = text("SELECT playbook, files FROM version WHERE id = :id")
    row = cx.execute(statement, {"id": version_id}).first()
    return None if row is None else (row[0], from_json(row[1]))


# ── Releases ─────────────────────────────────────────────────────────────────────────────────


def release(
    cx: Connection,
    versions: Mapping[str, int],
    by: str,
    note: str,
    now: datetime,
    *,
    seen: int | None,
    begins: Collection[str] = (),
    agreed: Agreed | None = None,
) -> Release | Stale:
    """Make exactly these versions live, all or nothing.

    `seen` is the release that was live when the plan was made (None for none): refused when
    another is by now. `begins` names playbooks whose time starts anew though they were released
    before, such as one that leaves the shadow.
    """
    agreed = agreed or Agreed()
    _take_turn(cx)
    before = live_release(cx)
    if before != seen:
        return Stale(before)
    since = _live_since(cx, before)
    made: int = cx.execute(
        text(
            "INSERT INTO release (follows, at, by, note, plan, approvers)"
            " VALUES (CAST(:follows AS BIGINT), :now, :by, :note, :plan,"
            f" {json_parameter(cx, 'approvers')}) RETURNING id"
        ),
        {
            "follows": before,
            "now": to_micros(now),
            "by": by,
            "note": note,
            "plan": agreed.plan,
            "approvers": json_text(dict(agreed.approvers)),
        },
    ).scalar_one()
    rows = [
        (made, playbook, version, now if playbook in begins else since.get(playbook, now))
        for playbook, version in sorted(versions.items())
    ]
    insert_rows(cx, ReleasedRow, ("release_id", "playbook", "version_id", "live_since"), rows)
    _point_to(cx, made)
    detail = {"release": made, "before": before, "note": note, "plan": agreed.plan}
    note_in_audit(cx, by, "released", detail, now)
    return Release(made, now, by, note, dict(versions), agreed)


def rollback(
    cx: Connection, by: str, note: str, now: datetime, to: int | None = None
) -> Release | NothingBefore | NoSuchRelease:
    """Go back to the release before the one that is live, or to any one that ever was."""
    _take_turn(cx)
    live = live_release(cx)
    goal = _before(cx, live) if to is None else to
    if goal is None:
        return NothingBefore()
    back = read_release(cx, goal)
    if back is None:
        return NoSuchRelease()
    _point_to(cx, goal)
    note_in_audit(cx, by, "rolled back", {"release": goal, "before": live, "note": note}, now)
    return back


def _before(cx: Connection, release_id: int | None) -> int | None:
    statement = text("SELECT follows FROM release WHERE id = :id")
    found: int | None = cx.execute(statement, {"id": release_id}).scalar()
    return found


def live_release(cx: Connection) -> int | None:
    """Give the release that the pointer leads to; cheap, to see whether anything changed."""
    sql = "SELECT release_id FROM pointer WHERE name = :name"
    return first_number(cx, sql, name=_POINTER)


def live_release_then(cx: Connection, at: datetime) -> int | None:
    """Give the release that the pointer led to at a moment; None where nothing was live yet."""
    statement = text(
        "SELECT detail FROM audit WHERE what IN ('released', 'rolled back') AND at <= :at"
        " ORDER BY id DESC LIMIT 1"
    )
    found = cx.execute(statement, {"at": to_micros(at)}).scalar()
    return None if found is None else int(from_json(found)["release"])


def live(cx: Connection) -> list[LiveVersion]:
    """Give the versions that are live, by name of their playbooks."""
    return versions_of(cx, live_release(cx))


def versions_of(cx: Connection, release_id: int | None) -> list[LiveVersion]:
    """Give the versions of a release, by name of their playbooks; none for None."""
    statement = text(
        'SELECT v.playbook, v.id, v.number, v.digest, v."commit", v.files, r.live_since'
        " FROM released r JOIN version v ON v.id = r.version_id"
        " WHERE r.release_id = :release ORDER BY v.playbook"
    )
    return [
        LiveVersion(playbook, key, number, digest, commit, from_json(files), from_micros(since))
        for playbook, key, number, digest, commit, files, since in cx.execute(
            statement, {"release": release_id}
        )
    ]


def read_release(cx: Connection, key: int | None) -> Release | None:
    """Give a release by its number; None where there is none of it."""
    values = {"id": key}
    found = cx.execute(
        text("SELECT at, by, note, plan, approvers FROM release WHERE id = :id"), values
    ).first()
    if found is None or key is None:
        return None
    at, by, note, plan, approvers = found
    rows = cx.execute(
        text("SELECT playbook, version_id FROM released WHERE release_id = :id"), values
    )
    versions: dict[str, int] = dict(rows.all())
    return Release(key, from_micros(at), by, note, versions, Agreed(plan, from_json(approvers)))


def release_of_plan(cx: Connection, plan: str) -> int | None:
    """Give the release that carried out a plan; None where none did."""
    statement = text("SELECT id FROM release WHERE plan = :plan ORDER BY id LIMIT 1")
    found: int | None = cx.execute(statement, {"plan": plan}).scalar()
    return found


def numbers_of(cx: Connection, release_id: int) -> dict[str, int]:
    """Give the playbooks of a release with the number of each one's version."""
    found = cx.execute(
        text(
            "SELECT r.playbook, v.number FROM released r JOIN version v ON v.id = r.version_id"
            " WHERE r.release_id = :id"
        ),
        {"id": release_id},
    )
    return dict(found.all())


def _live_since(cx: Connection, release_id: int | None) -> dict[str, datetime]:
    found = cx.execute(
        text("SELECT playbook, live_since FROM released WHERE release_id = :id"),
        {"id": release_id},
    )
    return {playbook: from_micros(since) for playbook, since in found}


def _point_to(cx: Connection, release_id: int) -> None:
    cx.execute(
        text(
            "INSERT INTO pointer (name, release_id) VALUES (:name, :id)"
            " ON CONFLICT (name) DO UPDATE SET release_id = excluded.release_id"
        ),
        {"name": _POINTER, "id": release_id},
    )


def _take_turn(cx: Connection) -> None:
    """Let one process at a time change what is live; SQLite has one writer anyway."""
    if dialect_of(cx) is Dialect.POSTGRESQL:
        cx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
