"""A folder beside what is live: what `plan` tells and `apply` carries out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from keepwarm.app.checking import check_folder
from keepwarm.app.commits import commit_of
from keepwarm.app.sides import Side, files_of, live_side, side_of
from keepwarm.engine.canonical import (
    Aspect,
    Canonical,
    bound_by,
    digest_of,
    folder_digest,
    folder_form,
)
from keepwarm.engine.drawing import entry_sentence, step_sentence
from keepwarm.engine.money import Prices
from keepwarm.engine.moving import positions
from keepwarm.engine.plan import END, START, Plan
from keepwarm.engine.proposing.approving import Approval, Approvers, Needed, approvals_needed
from keepwarm.engine.proposing.changes import Fate, PlaybookChange, Standing
from keepwarm.engine.proposing.comparing import LineChange, compare, compare_folders
from keepwarm.engine.proposing.proposal import Basis, Proposal
from keepwarm.engine.rules.worst_window import worst_window
from keepwarm.flows.shelf import Shelf
from keepwarm.schema.catalog import Place
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import InFlight, PlaybookStatus
from keepwarm.schema.workspace import Workspace, read_version
from keepwarm.store.catalogs import counts_at_once, shared_files_applied
from keepwarm.store.connection import Connection
from keepwarm.store.in_flight import Inside, who_is_inside
from keepwarm.store.stopped_inside import stopped_inside
from keepwarm.store.versions import (
    LiveVersion,
    Release,
    live,
    live_release,
    read_release,
)
from keepwarm.store.versions import (
    digest_of as digest_of_files,
)

_WEEK_DAYS: Final = 7
_WEIGHTY: Final = frozenset({Aspect.MONEY, Aspect.PERMISSION})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A folder and what is live, side by side."""

    workspace: Workspace
    #: The commit of the folder; empty without git.
    commit: str
    wanted: Mapping[str, Side]
    #: Playbook -> the files that a version of it would be pinned with.
    files: Mapping[str, Mapping[str, str]]
    live: Mapping[str, LiveVersion]
    #: None for a version that this Keepwarm can no longer read: all of it is a change then.
    before: Mapping[str, Side | None]
    release: Release | None
    changes: tuple[PlaybookChange, ...]
    #: Who must approve the next change, as the folder has it: addresses.
    approvers: Mapping[str, list[str]]
    #: Changes of the catalog and the policies that no playbook has in its own form.
    unbound: tuple[LineChange, ...]
    #: What a thousand messages cost by what was applied last.
    prices_before: Prices

    def with_those_stopped(self, cx: Connection, now: datetime) -> Comparison:
        """Give the same with those inside whom new versions would stop at a moment."""
        changes = (
            replace(each, stopped=stopped_inside(cx, each.plan, now))
            if each.plan is not None and each.stops_some_inside
            else each
            for each in self.changes
        )
        return replace(self, changes=tuple(changes))

    @property
    def shared_files(self) -> Mapping[str, str]:
        """Give the files of the catalog and the policies, which are in force once applied."""
        sources = self.workspace.sources
        return {path: sources[path] for path in sorted(sources) if counts_at_once(path)}

    @property
    def basis(self) -> Basis:
        """Give what a proposal from this is made from."""
        wanted = {name: digest_of(side.canonical) for name, side in self.wanted.items()}
        catalog = f"{folder_digest(self.workspace)} {sorted(self.approvers.items())}"
        return Basis(wanted, catalog, None if self.release is None else self.release.id)

    def change_of(self, playbook: str) -> PlaybookChange | None:
        """Give what becomes of a playbook; None where nothing does."""
        return next((each for each in self.changes if each.playbook == playbook), None)

    def approvals(self) -> tuple[Needed, ...]:
        """Give the approvals that the changes need.

        Those who are named by what is live approve: nobody names themselves in the change that
        they want. The first release of all has nothing to be compared with and needs none.
        """
        if self.release is None:
            return ()
        named = self.release.agreed.approvers
        approvers: Approvers = {
            each: frozenset(named[each.value]) for each in Approval if named.get(each.value)
        }
        needed = approvals_needed(self.changes, approvers, self.unbound)
        if not self.approvers_change or any(n.approval is Approval.PERMISSION for n in needed):
            return needed
        who = approvers.get(Approval.PERMISSION, frozenset())
        return (*needed, Needed(Approval.PERMISSION, ("policies: who must approve",), who))

    @property
    def approvers_change(self) -> bool:
        """Whether other people must approve the next change than must approve this one."""
        if self.release is None:
            return False
        was = {key: sorted(value) for key, value in self.release.agreed.approvers.items()}
        return was != self.approvers

    def proposal(self, as_of: datetime) -> Proposal:
        """Give the proposal that this comes to, with data up to a moment."""
        changed = {each.playbook for each in self.changes}
        return Proposal(
            id=self.basis.id_at(as_of),
            basis=self.basis,
            as_of=as_of,
            commit=self.commit,
            changes=self.changes,
            unchanged=tuple(sorted(self.wanted.keys() - changed)),
            approvals=self.approvals(),
            approvers_change=self.approvers_change,
            unbound=self.unbound,
            prices_before=self.prices_before,
            prices=self.workspace.policies.thousand_messages_cost,
        )


def compare_folder(cx: Connection, folder: Path) -> Comparison:
    """Compare a folder with what is live.

    Raises:
        PlaybookRefused: the folder has problems.
    """
    checked = check_folder(folder)
    if checked.problems:
        raise PlaybookRefused(checked.problems)
    workspace = checked.workspace
    wanted = {
        name: side_of(playbook, workspace)
        for name, playbook in workspace.playbooks.items()
        if playbook.status is not PlaybookStatus.DRAFT
    }
    files = {name: files_of(workspace, side) for name, side in wanted.items()}
    versions = {each.playbook: each for each in live(cx)}
    before = {
        name: wanted[name]
        if name in files and digest_of_files(files[name]) == version.digest
        else live_side(name, version.files)
        for name, version in versions.items()
    }
    changes = _Changes(cx, wanted, before, versions)
    applied = shared_files_applied(cx)
    shared = None if applied is None else read_version(applied)
    return Comparison(
        workspace=workspace,
        commit=commit_of(folder),
        wanted=wanted,
        files=files,
        live=versions,
        before=before,
        release=read_release(cx, live_release(cx)),
        changes=tuple(changes.all()),
        approvers=_approvers_in(workspace),
        unbound=_unbound(shared, workspace, wanted, before),
        prices_before=() if shared is None else shared.policies.thousand_messages_cost,
    )


def _unbound(
    applied: Workspace | None,
    workspace: Workspace,
    wanted: Mapping[str, Side],
    before: Mapping[str, Side | None],
) -> tuple[LineChange, ...]:
    """Compare what no playbook has in its own form with what was applied last."""
    if applied is None and wanted:
        return ()  # the first release brings them along
    new = [side.canonical for side in wanted.values()]
    old = [side.canonical for side in before.values() if side is not None]
    bound = bound_by([*old, *new])
    return compare_folders(
        folder_form(applied or read_version({}), bound),
        folder_form(workspace, bound),
        _said_in(old),
        _said_in(new),
    )


def _said_in(canonicals: Iterable[Canonical]) -> str:
    return "\n".join(line.says for each in canonicals for lines in each.values() for line in lines)


def _approvers_in(workspace: Workspace) -> dict[str, list[str]]:
    """Give who must approve, each team by the addresses of its members."""
    said, teams = workspace.policies.approvers, workspace.catalog.teams
    named = {
        Approval.MONEY: said.money,
        Approval.PERMISSION: said.permission,
        Approval.CHANNEL: said.channel,
    }
    return {
        approval.value: sorted(
            {
                address
                for name in names
                for address in (teams[name].members if name in teams else (name,))
            }
        )
        for approval, names in named.items()
        if names
    }


# ── What becomes of each playbook ────────────────────────────────────────────────────────────


class _Changes:
    """Compares playbook by playbook, with those who are inside."""

    def __init__(
        self,
        cx: Connection,
        wanted: Mapping[str, Side],
        before: Mapping[str, Side | None],
        versions: Mapping[str, LiveVersion],
    ) -> None:
        self._cx, self._shelf = cx, Shelf()
        self._wanted, self._before, self._versions = wanted, before, versions
        self._inside: dict[str, list[Inside]] = {}
        for each in who_is_inside(cx):
            self._inside.setdefault(each.playbook, []).append(each)

    def all(self) -> Iterator[PlaybookChange]:
        """Give every playbook that is not what it was, by name."""
        for name in sorted(self._wanted.keys() | self._before.keys()):
            old, new = self._before.get(name), self._wanted.get(name)
            if old is None or new is None or _means_other(old, new):
                yield self._change(name, old, new)

    def _change(self, name: str, old: Side | None, new: Side | None) -> PlaybookChange:
        known = new or old
        fate = Fate.REMOVED if new is None else Fate.CHANGED
        is_new = name not in self._before
        lines = compare(old.canonical, new.canonical) if old and new else ()
        return PlaybookChange(
            playbook=name,
            title=known.playbook.title if known else name,
            fate=Fate.ADDED if is_new else fate,
            number=None if is_new else self._versions[name].number,
            lines=lines,
            status_before=None if old is None else old.plan.status,
            status=None if new is None else new.plan.status,
            channels_before=frozenset() if old is None else old.plan.channels,
            channels=frozenset() if new is None else new.plan.channels,
            in_flight=InFlight.FINISH if new is None else new.plan.in_flight,
            entry="" if known is None else entry_sentence(known.plan),
            weighty=() if new is None else tuple(_weighty(new.canonical)),
            inside=tuple(self._standing(name, new)),
            steps_of=self._gone_with_steps_of(new) if new is not None and is_new else None,
            worst_before=0 if old is None else _worst(old),
            worst=0 if new is None else _worst(new),
            plan_before=None if old is None else old.plan,
            plan=None if new is None else new.plan,
        )

    def _gone_with_steps_of(self, new: Side) -> str | None:
        """Give the playbook that goes and had the same steps: it is given another name."""
        steps = _steps_said(new)
        gone = sorted(self._before.keys() - self._wanted.keys())
        sides = ((name, self._before[name]) for name in gone)
        return next((name for name, side in sides if side and _steps_said(side) == steps), None)

    def _standing(self, name: str, new: Side | None) -> Iterator[Standing]:
        for each in self._inside.get(name, ()):
            plan = self._shelf.version(self._cx, each.version_id).plan
            said, place = _where(plan, each.step)
            moves = new is not None and new.plan.in_flight is InFlight.MOVE
            if new is None or not moves:
                yield Standing(each.number, each.count, said, place)
                continue
            then = positions(plan, new.plan)[each.step]
            goes_on = None if then == END else _where(new.plan, then)[0]
            yield Standing(each.number, each.count, said, place, goes_on, ends=then == END)


def _means_other(old: Side, new: Side) -> bool:
    return old is not new and digest_of(old.canonical) != digest_of(new.canonical)


def _steps_said(side: Side) -> list[str]:
    return [line.says for line in side.canonical.get("steps", ())]


def _worst(side: Side) -> int:
    """Count the messages of a run's worst seven days, whatever its customers are like."""
    if side.plan.status is not PlaybookStatus.LIVE:
        return 0
    found = worst_window(side.playbook, side.workspace, _WEEK_DAYS, lambda _step, _playbook: True)
    return len(found.touches)


def _where(plan: Plan, step: int) -> tuple[str, Place | None]:
    """Say in words where a position is, and where that is written."""
    if step == START:
        return "before the first step", None
    if step == END:
        return "behind the last step", None
    return step_sentence(plan.steps[step]), plan.steps[step].at.place


def _weighty(canonical: Canonical) -> Iterator[tuple[Aspect, str]]:
    """Give the lines about money and permission that stand in the playbook's own file."""
    for section in ("playbook", "steps"):
        for line in canonical.get(section, ()):
            if line.aspect in _WEIGHTY and not line.says.endswith(":"):
                yield line.aspect, line.says
