"""Applying a folder: its playbooks become versions, and one pointer flips to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from keepwarm.app.comparing import Comparison, compare_folder
from keepwarm.engine.moving import positions
from keepwarm.engine.plan import Plan
from keepwarm.engine.proposing.approving import Needed, still_missing
from keepwarm.engine.proposing.changes import Fate
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.words import InFlight, PlaybookStatus
from keepwarm.store.catalogs import keep_shared_files
from keepwarm.store.connection import Connection
from keepwarm.store.database import Database
from keepwarm.store.in_flight import move_runs, restart_inside, stop_inside
from keepwarm.store.indexes import keep_indexes
from keepwarm.store.versions import Agreed, Stale, register, release


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying came to: names of playbooks."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    #: The release that was made; None when there was nothing to apply.
    release: int | None = None
    #: Whether another catalog or other policies are in force, though no playbook changed.
    shared_is_new: bool = False

    @property
    def is_change(self) -> bool:
        """Whether anything is live now that was not before."""
        return self.release is not None


class ApplyRefused(Exception):
    """It was not applied; says why, and what to do."""


class ApprovalRefused(ApplyRefused):
    """Somebody must approve first; says who, what for and how."""


@dataclass(frozen=True, slots=True)
class Order:
    """Who applies, when, why, and with whose approval."""

    by: str
    note: str
    now: datetime
    approved_by: Collection[str] = ()
    #: The plan that is carried out; empty for none.
    plan: str = ""


def apply_folder(
    database: Database,
    folder: Path,
    by: str,
    note: str,
    now: datetime,
    approved_by: Collection[str] = (),
) -> Applied:
    """Make what the folder says live, all or nothing.

    Raises:
        PlaybookRefused: the folder has problems; nothing was changed.
        ApprovalRefused: the change needs a name that is not among `approved_by`.
        ApplyRefused: another release came between.
    """
    # Reading and checking takes seconds, in which nobody else need wait to write.
    with database.reading() as cx:
        comparison = compare_folder(cx, folder)
    with database.writing() as cx:
        applied = carry_out(cx, comparison, Order(by, note, now, approved_by))
    keep_indexes(database, [side.plan for side in comparison.wanted.values()])
    return applied


def carry_out(cx: Connection, comparison: Comparison, order: Order) -> Applied:
    """Make a comparison's changes live, all or nothing.

    Raises:
        ApprovalRefused: the change needs a name that is missing.
        ApplyRefused: another release came between.
    """
    proposal = comparison.proposal(order.now)
    if missing := still_missing(proposal.approvals, order.approved_by):
        raise ApprovalRefused(approvals_said(missing))
    if not proposal.changes and not comparison.approvers_change:
        # No version and no pointer would be another one: there is nothing to release.
        if proposal.unbound:
            keep_shared_files(cx, comparison.shared_files, order.by, order.plan, order.now)
        return replace(_applied(proposal, None), shared_is_new=bool(proposal.unbound))
    versions = {name: _version(cx, comparison, name, order) for name in comparison.wanted}
    agreed = Agreed(order.plan, comparison.approvers)
    seen = None if comparison.release is None else comparison.release.id
    begins = _leaving_the_shadow(comparison)
    done = release(
        cx, versions, order.by, order.note, order.now, seen=seen, begins=begins, agreed=agreed
    )
    if isinstance(done, Stale):
        raise ApplyRefused("Somebody applied something else just now. Look, and try again.")
    keep_shared_files(cx, comparison.shared_files, order.by, order.plan, order.now)
    for change in proposal.of(Fate.CHANGED):
        if change.touches_customers:
            plan, version = comparison.wanted[change.playbook].plan, versions[change.playbook]
            _see_to_those_inside(cx, plan, version, order.now)
    return _applied(proposal, done.id)


def approvals_said(missing: Collection[Needed]) -> str:
    """Say who must approve what, and why."""
    lines = ["Nothing was applied: this change needs somebody's name."]
    for each in missing:
        who = " or ".join(sorted(each.by)) if each.by else "anybody, by name"
        lines += [f"  {each.approval}: by {who}", *(f"    {why}" for why in each.because)]
    return "\n".join(lines)


def _version(cx: Connection, comparison: Comparison, name: str, order: Order) -> int:
    """Give the version that is to be live: the one that is, where only its form differs."""
    if name in comparison.live and comparison.change_of(name) is None:
        return comparison.live[name].version_id
    return register(cx, name, comparison.files[name], comparison.commit, order.by, order.now)


def _applied(proposal: Proposal, release_id: int | None) -> Applied:
    added, changed, removed = (
        tuple(each.playbook for each in proposal.of(fate))
        for fate in (Fate.ADDED, Fate.CHANGED, Fate.REMOVED)
    )
    return Applied(added, changed, removed, proposal.unchanged, release_id)


def _see_to_those_inside(cx: Connection, plan: Plan, version_id: int, now: datetime) -> None:
    """Do what the new version says of those who are inside an older one (law 20)."""
    name = plan.playbook
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


def _leaving_the_shadow(comparison: Comparison) -> list[str]:
    """Name the playbooks that go live and were not: their rollout begins now."""
    found = []
    for name, side in comparison.wanted.items():
        before = comparison.before.get(name)
        was_live = before is not None and before.plan.status is PlaybookStatus.LIVE
        if name in comparison.live and side.plan.status is PlaybookStatus.LIVE and not was_live:
            found.append(name)
    return found
