"""Plans: made, kept, approved, and carried out as they were made or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from keepwarm.app.applying import Applied, ApplyRefused, ApprovalRefused, Order, carry_out
from keepwarm.app.comparing import Comparison, compare_folder
from keepwarm.engine.proposing.approving import may_approve, still_missing
from keepwarm.engine.proposing.proposal import STANDS_FOR, Proposal
from keepwarm.engine.proposing.sentences import apply_said, approval_said
from keepwarm.store import proposals
from keepwarm.store.connection import Connection
from keepwarm.store.database import Database
from keepwarm.store.indexes import keep_indexes
from keepwarm.store.proposals import Kept
from keepwarm.store.versions import release_of_plan


class PlanRefused(ApplyRefused):
    """There is no such plan, or it is stale; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does it, why, and when."""

    by: str
    note: str
    now: datetime


def make_plan(
    database: Database, folder: Path, by: str, now: datetime
) -> tuple[Comparison, Proposal]:
    """Compare a folder with what is live, and keep that it was compared.

    Raises:
        PlaybookRefused: the folder has problems.
    """
    with database.reading() as cx:
        comparison = compare_folder(cx, folder).with_those_stopped(cx, now)
    # Whole seconds: the identifier is made of it, and databases keep microseconds of ours.
    proposal = comparison.proposal(now.replace(microsecond=0))
    if proposal.is_change:
        with database.writing() as cx:
            proposals.keep(cx, _kept(proposal, by))
    return comparison, proposal


def apply_now(database: Database, folder: Path, hand: Hand) -> tuple[Proposal, Applied]:
    """Apply what the folder says, unless it needs a name: then only as a plan that has it.

    Raises:
        PlaybookRefused, ApprovalRefused, ApplyRefused: nothing was changed.
    """
    comparison, proposal = make_plan(database, folder, hand.by, hand.now)
    if proposal.approvals:
        raise ApprovalRefused(_needs_names(proposal))
    return proposal, _carried_out(database, comparison, proposal.id, hand, ())


def apply_planned(
    database: Database, folder: Path, key: str | None, approved_by: Collection[str], hand: Hand
) -> tuple[Proposal, Applied]:
    """Apply exactly the plan that `key` names, or refuse; None is the last one of this content.

    The names of those who may approve it are kept also when others are still missing.

    Raises:
        PlaybookRefused, PlanRefused, ApprovalRefused, ApplyRefused: nothing was changed.
    """
    with database.reading() as cx:
        comparison = compare_folder(cx, folder)
        now = comparison.proposal(hand.now)
        has_plan = key is not None or now.is_change
        kept = _found(cx, comparison, key) if has_plan else None
        if kept is not None:
            _refuse_stale(cx, kept, comparison, hand.now)
    if kept is None:
        return now, _carried_out(database, comparison, "", hand, ())
    proposal = comparison.proposal(kept.as_of)
    with database.writing() as cx:
        may = [name for name in approved_by if may_approve(proposal.approvals, name)]
        for name in may:
            proposals.approve(cx, kept.id, name, hand.now)
        given = proposals.approvals_of(cx, kept.id)
    if still_missing(proposal.approvals, given):
        strangers = [name for name in approved_by if name not in may]
        raise ApprovalRefused(_needs_names(proposal, given, strangers))
    return proposal, _carried_out(database, comparison, kept.id, hand, given)


def _carried_out(
    database: Database, comparison: Comparison, plan: str, hand: Hand, given: Collection[str]
) -> Applied:
    with database.writing() as cx:
        order = Order(hand.by, hand.note, hand.now, given, plan)
        applied = carry_out(cx, comparison, order)
    keep_indexes(database, [side.plan for side in comparison.wanted.values()])
    return applied


def _kept(proposal: Proposal, by: str) -> Kept:
    basis = proposal.basis
    compared = {
        "wanted": dict(basis.wanted),
        "catalog": basis.catalog,
        "release": basis.release,
    }
    return Kept(proposal.id, basis.digest, compared, proposal.as_of, by)


# ── What a plan is refused for ───────────────────────────────────────────────────────────────


def _found(cx: Connection, comparison: Comparison, key: str | None) -> Kept:
    if key is None:
        kept = proposals.latest_of(cx, comparison.basis.digest)
        if kept is None:
            release = comparison.release
            live = f"release {release.id}" if release else "an empty database"
            raise PlanRefused(
                f"Nobody planned what this folder says against {live}. Make a plan, and let"
                " somebody look at it: keepwarm plan"
            )
        return kept
    kept = proposals.find(cx, key)
    if kept is None:
        raise PlanRefused(f'There is no plan "{key}". `keepwarm plan` makes one and says its name.')
    return kept


def _refuse_stale(cx: Connection, kept: Kept, comparison: Comparison, now: datetime) -> None:
    done = release_of_plan(cx, kept.id)
    if done is not None:
        raise PlanRefused(f"Plan {kept.id} was applied already, as release {done}.")
    reasons = list(_differences(kept.compared, comparison))
    if kept.as_of + STANDS_FOR < now:
        days = (now - kept.as_of).days
        reasons.append(f"it is {days} days old, and other customers would be touched by now")
    if reasons:
        said = "".join(f"\n  {reason}" for reason in reasons)
        raise PlanRefused(
            f"Plan {kept.id} is stale, and nothing was applied:{said}\n"
            "Make a new one, and look at it: keepwarm plan"
        )


def _differences(compared: Mapping[str, Any], comparison: Comparison) -> Iterator[str]:
    basis = comparison.basis
    if compared["release"] != basis.release:
        was, now = (
            f"release {n}" if n else "nothing" for n in (compared["release"], basis.release)
        )
        yield f"{now} is live, and it was made against {was}"
    wanted = compared["wanted"]
    for name in sorted(wanted.keys() | basis.wanted.keys()):
        if wanted.get(name) != basis.wanted.get(name):
            yield f"the folder says something else of {name}"
    if compared["catalog"] != basis.catalog:
        yield "the catalog, or who must approve, is not what it was"


def _needs_names(
    proposal: Proposal, given: Collection[str] = (), strangers: Collection[str] = ()
) -> str:
    missing = still_missing(proposal.approvals, given)
    lines = [f"{name} may not approve any of this." for name in strangers]
    lines.append(f"Nothing was applied: plan {proposal.id} needs a name for")
    for each in missing:
        lines += [f"  {approval_said(each)}", *(f"    {why}" for why in each.because[:5])]
    lines.append(f"Let them look at `keepwarm plan`, and then: {apply_said(proposal)}")
    return "\n".join(lines)
