"""The shelf: released versions, read from their pinned files and kept ready to run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.gates import Manners, manners_of
from keepwarm.engine.gathering import needs_from
from keepwarm.engine.plan import Needs, Plan
from keepwarm.flows.wording_books import WordBook
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.playbook import Playbook, Policies
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.workspace import Workspace
from keepwarm.schema.workspace import read_version as read_files_of_version
from keepwarm.store.catalogs import latest_catalog, shared_files_applied
from keepwarm.store.connection import Connection
from keepwarm.store.versions import (
    live_release,
    live_release_then,
    read_version,
    versions_of,
)

#: How many versions are kept ready; a run that began on an older one has it read again.
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Released:
    """One version of a playbook, ready to run."""

    version_id: int
    #: As it was written; what runs is its plan.
    playbook: Playbook
    plan: Plan
    catalog: Catalog
    policies: Policies
    words: WordBook
    _manners: dict[str | None, Manners] = field(default_factory=dict)
    _needs: dict[frozenset[int], Needs] = field(default_factory=dict)

    def needs_at(self, steps: frozenset[int]) -> Needs:
        """Give what must be read to advance runs that stand at these steps."""
        known = self._needs.get(steps)
        if known is None:
            known = self._needs[steps] = needs_from(self.plan, steps)
        return known

    def manners_for(self, topic: str | None) -> Manners:
        """Give what a message on this topic promises its receiver."""
        known = self._manners.get(topic)
        if known is None:
            known = self._manners[topic] = manners_of(self.plan.respect, self.catalog, topic)
        return known


@dataclass(frozen=True, slots=True)
class Live:
    """A playbook that is live, by the pointer."""

    released: Released
    #: Which version of the playbook it is, counted from 1.
    number: int
    #: Since when customers are let in by its rollout.
    live_since: datetime

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.released.plan

    def get_words_ready(self) -> None:
        """Compile what it sends, so that the first message of a release waits for nothing."""
        self.released.words.get_ready(self.plan)


class Shelf:
    """Keeps versions ready. Threads may share it."""

    def __init__(self) -> None:
        self._versions: OrderedDict[int, Released] = OrderedDict()
        self._live: tuple[int | None, Mapping[str, Live]] = (None, {})
        #: What all share, by the key of the catalog and of the release that it was read at.
        self._shared: tuple[tuple[int | None, int | None], Workspace | None] | None = None
        self._lock = threading.RLock()

    def version(self, cx: Connection, version_id: int) -> Released:
        """Give a version by its key.

        Raises:
            PlaybookRefused: its files are no longer readable by this Keepwarm.
        """
        with self._lock:
            known = self._versions.get(version_id)
            if known is None:
                known = self._versions[version_id] = _read(cx, version_id)
                while len(self._versions) > _KEPT:
                    self._versions.popitem(last=False)
            self._versions.move_to_end(version_id)
            return known

    def live(self, cx: Connection) -> Mapping[str, Live]:
        """Give every playbook that the pointer names, by name."""
        release = live_release(cx)
        with self._lock:
            known, playbooks = self._live
            if release != known:
                playbooks = self._of_release(cx, release)
                self._live = (release, playbooks)
            return playbooks

    def live_then(self, cx: Connection, at: datetime) -> Mapping[str, Live]:
        """Give every playbook that the pointer named at a moment, by name."""
        return self._of_release(cx, live_release_then(cx, at))

    def _of_release(self, cx: Connection, release: int | None) -> dict[str, Live]:
        return {
            each.playbook: Live(self.version(cx, each.version_id), each.number, each.live_since)
            for each in versions_of(cx, release)
        }

    def catalog(self, cx: Connection) -> Catalog | None:
        """Give the catalog that was applied last; None before any was."""
        shared = self._shared_files(cx)
        return None if shared is None else shared.catalog

    def policies(self, cx: Connection) -> Policies:
        """Give the policies that were applied last, for what is no playbook's own."""
        shared = self._shared_files(cx)
        return Policies() if shared is None else shared.policies

    def _shared_files(self, cx: Connection) -> Workspace | None:
        latest = latest_catalog(cx), live_release(cx)
        with self._lock:
            if self._shared is None or self._shared[0] != latest:
                files = shared_files_applied(cx)
                read = None if files is None else read_files_of_version(files)
                self._shared = (latest, read)
            return self._shared[1]


def _read(cx: Connection, version_id: int) -> Released:
    found = read_version(cx, version_id)
    if found is None:
        raise LookupError(f"version {version_id} is not in the database")
    name, files = found
    workspace = read_files_of_version(files)
    # What was in order when it was pinned may be at fault by the rules of a later Keepwarm.
    playbook = workspace.playbooks.get(name) or workspace.faulty.get(name)
    if playbook is None:
        raise PlaybookRefused(workspace.problems)
    return Released(
        version_id=version_id,
        playbook=playbook,
        plan=compile_plan(playbook, workspace.catalog, workspace.policies),
        catalog=workspace.catalog,
        policies=workspace.policies,
        words=WordBook(workspace.templates.values(), workspace.policies, workspace.catalog),
    )
