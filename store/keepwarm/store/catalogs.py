"""What all playbooks share, as it was applied last: the catalog and the policies.

A playbook is pinned with those that it was written against, and a change that concerns no playbook
makes no version. What may arrive is another matter: a new attribute, or what a source calls an
event, counts from the moment that it is applied. So does where alarms go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from keepwarm.store.audit import note
from keepwarm.store.bulk import insert_rows
from keepwarm.store.json_columns import from_json
from keepwarm.store.moments import from_micros, to_micros
from keepwarm.store.tables import CatalogRow
from keepwarm.store.versions import digest_of, live

_POLICIES: Final = "policies.yaml"


def counts_at_once(path: str) -> bool:
    """Tell whether a file counts from when it is applied, whatever playbooks are pinned with."""
    return path.startswith("catalog/") or path == _POLICIES


def keep_shared_files(
    cx: Connection, files: Mapping[str, str], by: str, plan: str, now: datetime
) -> None:
    """Keep the files of the catalog and the policies that are applied, if they are other ones.

    `plan` is the plan that this carries out; empty for none.
    """
    digest = digest_of(files)
    latest = text("SELECT digest FROM catalog ORDER BY id DESC LIMIT 1")
    if cx.execute(latest).scalar() == digest:
        return
    columns = ("digest", "files", "applied_at", "applied_by")
    insert_rows(cx, CatalogRow, columns, [(digest, dict(files), now, by)])
    note(cx, by, "applied a catalog", {"digest": digest[:12], "plan": plan}, now)


def latest_catalog(cx: Connection) -> int | None:
    """Give the key of the catalog that counts; None before any was applied."""
    found: int | None = cx.execute(text("SELECT max(id) FROM catalog")).scalar()
    return found


def shared_files_applied(cx: Connection) -> Mapping[str, str] | None:
    """Give the files of the catalog and the policies that are in force; None before any are."""
    key = latest_catalog(cx)
    kept = {} if key is None else catalog_files(cx, key)
    if _POLICIES in kept:
        return kept
    newest = max(live(cx), key=lambda each: each.version_id, default=None)
    if newest is None:
        return kept or None
    # An earlier Keepwarm kept the catalog alone; every version has the policies.
    pinned = newest.files if key is None else {_POLICIES: newest.files.get(_POLICIES, ""), **kept}
    return {path: said for path, said in pinned.items() if counts_at_once(path)}


@dataclass(frozen=True, slots=True)
class Since:
    """What of the catalog and the policies is other than it was at a moment."""

    #: Their paths, sorted.
    files: tuple[str, ...]
    #: Who applied what is in force now, and when.
    by: str
    at: datetime


def shared_since(cx: Connection, moment: datetime) -> Since | None:
    """Give what is other in force now than it was at a moment; None where nothing is."""
    latest = text("SELECT id, applied_by, applied_at FROM catalog ORDER BY id DESC LIMIT 1")
    then = text("SELECT id FROM catalog WHERE applied_at <= :at ORDER BY id DESC LIMIT 1")
    now, before = cx.execute(latest).first(), cx.execute(then, {"at": to_micros(moment)}).scalar()
    if now is None or before is None:
        return None
    old, new = catalog_files(cx, before), catalog_files(cx, now.id)
    other = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return Since(tuple(other), now.applied_by, from_micros(now.applied_at)) if other else None


def catalog_files(cx: Connection, key: int) -> Mapping[str, str]:
    """Give the files of the catalog and the policies by their key."""
    statement = text("SELECT files FROM catalog WHERE id = :key")
    found = cx.execute(statement, {"key": key}).scalar_one()
    files: Mapping[str, str] = from_json(found)
    return files
