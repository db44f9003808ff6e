"""The catalog that arrivals are read by, and the policies beside it: those applied last.

A playbook is pinned with the catalog that it was written against, and a change that concerns no
playbook makes no version. What may arrive is another matter: a new attribute, or what a source
calls an event, counts from the moment that it is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from keepwarm.store.audit import note
from keepwarm.store.bulk import insert_rows
from keepwarm.store.tables import CatalogRow
from keepwarm.store.versions import digest_of


def counts_at_once(path: str) -> bool:
    """Tell whether a file counts from when it is applied, whatever playbooks are pinned with."""
    return path.startswith("catalog/") or path == "policies.yaml"


def keep_catalog(cx: Connection, files: Mapping[str, str], by: str, now: datetime) -> bool:
    """Keep the files of a catalog that is applied; tell whether it is another one than before."""
    digest = digest_of(files)
    latest = text("SELECT digest FROM catalog ORDER BY id DESC LIMIT 1")
    if cx.execute(latest).scalar() == digest:
        return False
    columns = ("digest", "files", "applied_at", "applied_by")
    insert_rows(cx, CatalogRow, columns, [(digest, dict(files), now, by)])
    note(cx, by, "applied a catalog", {"digest": digest[:12]}, now)
    return True


def latest_catalog(cx: Connection) -> int | None:
    """Give the key of the catalog that counts; None before any was applied."""
    found: int | None = cx.execute(text("SELECT max(id) FROM catalog")).scalar()
    return found


def catalog_files(cx: Connection, key: int) -> Mapping[str, str]:
    """Give the files of a catalog by its key."""
    statement = text("SELECT files FROM catalog WHERE id = :key")
    found = cx.execute(statement, {"key": key}).scalar_one()
    files: Mapping[str, str] = orjson.loads(found) if isinstance(found, str) else found
    return files
