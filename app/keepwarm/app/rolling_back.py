"""Going back to an earlier release, and telling the history of releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from keepwarm.flows.shelf import Shelf
from keepwarm.schema.suggestions import listed
from keepwarm.store.audit import Noted, read_audit
from keepwarm.store.catalogs import shared_since
from keepwarm.store.connection import Connection
from keepwarm.store.database import Database
from keepwarm.store.indexes import keep_indexes
from keepwarm.store.proposals import approvals_of
from keepwarm.store.versions import (
    NoSuchRelease,
    NothingBefore,
    Release,
    live_release,
    numbers_of,
    rollback,
)


def roll_back(
    database: Database, by: str, reason: str, now: datetime, to: int | None
) -> Release | NothingBefore | NoSuchRelease:
    """Flip the pointer back to the release before, or to the one named."""
    with database.writing() as cx:
        back = rollback(cx, by, reason, now, to)
    if isinstance(back, Release):
        with database.reading() as cx:
            plans = [each.plan for each in Shelf().live(cx).values()]
        keep_indexes(database, plans)
    return back


def what_stays(database: Database, back: Release) -> str:
    """Say what going back does not take back: the folder, and what all playbooks share."""
    said = "The folder still says the change: revert it in git, or the next apply makes it again."
    with database.reading() as cx:
        since = shared_since(cx, back.at)
    if since is None:
        return said
    return (
        f"Its playbooks run by the templates, segments and policies of release {back.id}. What"
        f" arrives is still read, and alarms still go, by what {since.by} applied on"
        f" {since.at:%Y-%m-%d %H:%M} UTC; other since release {back.id}: {listed(since.files)}.\n"
        f"{said}"
    )


def history(cx: Connection, most: int) -> list[str]:
    """Tell what was released and rolled back, the latest first."""
    noted = read_audit(cx, most, only=("released", "rolled back"))
    live = live_release(cx)
    lines = [] if noted else ["Nothing was ever released. `keepwarm apply` makes a folder live."]
    is_marked = False
    for each in noted:
        # Of several lines about the release that is live, the latest is the one that made it so.
        is_live = each.detail["release"] == live and not is_marked
        is_marked = is_marked or is_live
        lines += _told(cx, each, is_live=is_live)
    return lines


def _told(cx: Connection, noted: Noted, *, is_live: bool) -> Iterator[str]:
    detail = noted.detail
    mark = "*" if is_live else " "
    when = f"{noted.at:%Y-%m-%d %H:%M} UTC"
    back = "back to " if noted.what == "rolled back" else ""
    why = f': "{detail["note"]}"' if detail.get("note") else ""
    yield f"{mark} {when}  {back}release {detail['release']}, by {noted.who}{why}"
    before = {} if detail["before"] is None else numbers_of(cx, detail["before"])
    differences = list(_differences(before, numbers_of(cx, detail["release"])))
    if differences:
        yield f"      {', '.join(differences)}"
    if plan := detail.get("plan"):
        names = approvals_of(cx, plan)
        approved = f", approved by {' and '.join(names)}" if names else ""
        yield f"      plan {plan}{approved}"


def _differences(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+ {name} {after[name]}"
        elif name not in after:
            yield f"- {name}"
        elif before[name] != after[name]:
            yield f"~ {name} {before[name]} -> {after[name]}"
