"""Applying a folder: its playbooks become versions, and one pointer flips to them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from keepwarm.app.checking import check_folder
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.moving import positions
from keepwarm.engine.plan import Notify, Plan, Send
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import InFlight, PlaybookStatus
from keepwarm.schema.workspace import Workspace, read_workspace
from keepwarm.store.connection import Connection
from keepwarm.store.database import Database
from keepwarm.store.in_flight import move_runs, restart_inside, stop_inside
from keepwarm.store.indexes import keep_indexes
from keepwarm.store.versions import LiveVersion, Stale, live, live_release, register, release

POLICIES: Final = "policies.yaml"


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying came to: names of playbooks."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def is_change(self) -> bool:
        """Whether anything is live now that was not before."""
        return bool(self.added or self.changed or self.removed)


class ApplyRefused(Exception):  # noqa: N818 - named for what happened, as elsewhere
    """Somebody else applied something meanwhile; says so, and what to do."""


def apply_folder(database: Database, folder: Path, by: str, note: str, now: datetime) -> Applied:
    """Make what the folder says live, all or nothing.

    Raises:
        PlaybookRefused: the folder has problems; nothing was changed.
        ApplyRefused: another release came between.
    """
    checked = check_folder(folder)
    if checked.problems:
        raise PlaybookRefused(checked.problems)
    workspace = checked.workspace
    wanted = {
        name: _files_of(workspace, name)
        for name, playbook in workspace.playbooks.items()
        if playbook.status is not PlaybookStatus.DRAFT
    }
    commit = commit_of(folder)
    with database.writing() as cx:
        before = {each.playbook: each for each in live(cx)}
        seen = live_release(cx)
        versions = {n: register(cx, n, files, commit, by, now) for n, files in wanted.items()}
        old = {name: each.version_id for name, each in before.items()}
        applied = _compared(old, versions)
        if applied.is_change:
            begins = _leaving_the_shadow(workspace, before)
            done = release(cx, versions, by, note, now, seen=seen, begins=begins)
            if isinstance(done, Stale):
                raise ApplyRefused("Somebody applied something else just now. Look, and try again.")
            for name in applied.changed:
                _see_to_those_inside(cx, workspace, name, versions[name], now)
    keep_indexes(database, [_plan(workspace, name) for name in versions])
    return applied


def _plan(workspace: Workspace, name: str) -> Plan:
    return compile_plan(workspace.playbooks[name], workspace.catalog, workspace.policies)


def _see_to_those_inside(
    cx: Connection, workspace: Workspace, name: str, version_id: int, now: datetime
) -> None:
    """Do what the new version says of those who are inside an older one (law 20)."""
    plan = _plan(workspace, name)
    match plan.in_flight:
        case InFlight.FINISH:
            pass
        case InFlight.MOVE:
            shelf = Shelf()
            move_runs(
                cx,
                name,
                version_id,
                lambda old: positions(shelf.version(cx, old).plan, plan),
                now,
            )
        case InFlight.RESTART:
            restart_inside(cx, name, version_id, now)
        case InFlight.STOP:
            stop_inside(cx, name, version_id, now)


def _files_of(workspace: Workspace, name: str) -> dict[str, str]:
    """Give the files that a playbook is compiled from: itself, its templates, what all share."""
    playbook = workspace.playbooks[name]
    templates = templates_of(_plan(workspace, name))
    shared = {path for path in workspace.sources if path.startswith("catalog/")}
    own = {path for path, file in workspace.templates.items() if file.name in templates}
    paths = {playbook.place.file, *shared, *own} | ({POLICIES} & set(workspace.sources))
    return {path: workspace.sources[path] for path in sorted(paths)}


def templates_of(plan: Plan) -> frozenset[str]:
    """Name the templates that a plan may send."""
    names = {way.template for step in plan.steps if isinstance(step, Send) for way in step.ways}
    names |= {step.template for step in plan.steps if isinstance(step, Notify) and step.template}
    return frozenset(names)


def _compared(old: dict[str, int], new: dict[str, int]) -> Applied:
    return Applied(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(n for n in new.keys() & old.keys() if new[n] != old[n])),
        removed=tuple(sorted(old.keys() - new.keys())),
        unchanged=tuple(sorted(n for n in new.keys() & old.keys() if new[n] == old[n])),
    )


def _leaving_the_shadow(workspace: Workspace, before: dict[str, LiveVersion]) -> list[str]:
    """Name the playbooks that go live and were not: their rollout begins now."""
    return [
        name
        for name, playbook in workspace.playbooks.items()
        if playbook.status is PlaybookStatus.LIVE
        and name in before
        and _status_of(before[name]) is not PlaybookStatus.LIVE
    ]


def _status_of(version: LiveVersion) -> PlaybookStatus | None:
    read = read_workspace({path: text.encode() for path, text in version.files.items()})
    playbook = read.playbooks.get(version.playbook) or read.faulty.get(version.playbook)
    return None if playbook is None else playbook.status


def commit_of(folder: Path) -> str:
    """Give the commit that the folder is at, with `+` where files differ; empty without git."""
    try:
        head = _git(folder, "rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git(folder, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(folder: Path, *words: str) -> str:
    ran = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["git", "-C", str(folder), *words],  # noqa: S607 - the operator's own git
        capture_output=True,
        check=True,
        text=True,
        timeout=10,
    )
    return ran.stdout.strip()
