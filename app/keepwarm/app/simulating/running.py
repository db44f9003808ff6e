"""Running a simulation: customers shared between processes, what each found added up."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from keepwarm.app.nights import Nights, Progress, nights_of
from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.plan import Plan
from keepwarm.engine.replay import Lineup, line_up, live
from keepwarm.engine.replay.simulated import Simulated
from keepwarm.insight.nights import Course
from keepwarm.schema.retention import Kept
from keepwarm.schema.words import PlaybookStatus
from keepwarm.schema.workspace import Workspace, read_workspace
from keepwarm.store.collecting import collecting_later
from keepwarm.store.database import READING_CACHE_MIB, Database, open_database
from keepwarm.store.histories import Recorded, batches, read_histories, recorded_for
from keepwarm.store.retaining import Gone, gone_so_far

#: The first and the last key of a batch of customers, and their scores.
_Share: TypeAlias = tuple[tuple[int, int], Mapping[str, Course]]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is to be simulated: text and numbers, so that another process can do it too."""

    database_url: str
    pepper: bytes
    #: The folder's files by their paths.
    files: Mapping[str, bytes]
    playbooks: tuple[str, ...]
    since: datetime
    until: datetime
    nights: Nights
    #: What had gone by its retention period before it began.
    gone: Mapping[Kept, Gone] = field(default_factory=dict)


def playbooks_in(workspace: Workspace, named: Sequence[str]) -> tuple[str, ...]:
    """Name the playbooks to simulate: those named, else those that would run if applied."""
    runs = (PlaybookStatus.LIVE, PlaybookStatus.SHADOW)
    by_themselves = [n for n, each in workspace.playbooks.items() if each.status in runs]
    return tuple(sorted(set(named) or by_themselves))


def plans_of(workspace: Workspace, playbooks: Sequence[str]) -> list[Plan]:
    """Compile the playbooks; one that is no more than a draft is simulated as if it were live."""
    shadow = PlaybookStatus.SHADOW
    plans = [
        compile_plan(workspace.playbooks[name], workspace.catalog, workspace.policies)
        for name in playbooks
    ]
    return [p if p.status is shadow else replace(p, status=PlaybookStatus.LIVE) for p in plans]


def prepare(
    database: Database,
    database_url: str,
    pepper: bytes,
    files: Mapping[str, bytes],
    plans: Sequence[Plan],
    since: datetime,
    until: datetime,
    progress: Progress | None = None,
) -> Simulation:
    """Say what to simulate, and compute the scores and ranks of each night of it."""
    scores = read_workspace(files).catalog.scores
    with database.reading() as cx:
        nights = nights_of(cx, plans, scores, since, until, progress)
        gone = gone_so_far(cx)
    names = tuple(plan.playbook for plan in plans)
    return Simulation(database_url, pepper, files, names, since, until, nights, gone)


def simulate(
    database: Database, simulation: Simulation, processes: int, progress: Progress | None = None
) -> Simulated:
    """Replay everybody, and give what was found: the same for any number of processes."""
    with database.reading() as cx:
        parts = batches(cx)
    found = Simulated()
    processes = min(processes, len(parts))
    shares = ((part, simulation.nights.courses_of(*part)) for part in parts)
    if processes <= 1:
        worker = _Worker(simulation, database)
        results = map(worker.work, shares)
        _gather(results, found, len(parts), progress)
        return found
    # Started afresh, not forked: a connection must not be shared with another process.
    context = multiprocessing.get_context("spawn")
    shared = replace(simulation, nights=simulation.nights.of_nobody())
    with context.Pool(processes, _begin, (shared,)) as pool:
        _gather(pool.imap_unordered(_work, shares), found, len(parts), progress)
    return found


def _gather(
    results: Iterable[Simulated], found: Simulated, parts: int, progress: Progress | None
) -> None:
    for done, result in enumerate(results, start=1):
        found.merge(result)
        if progress is not None:
            progress(done, parts)


class _Worker:
    """Replays batches of customers, in this process."""

    def __init__(self, simulation: Simulation, database: Database) -> None:
        workspace = read_workspace(simulation.files)
        plans = plans_of(workspace, simulation.playbooks)
        since, until = simulation.since, simulation.until
        self._database = database
        self._nights = simulation.nights
        self._recorded: Recorded = recorded_for(plans, since, until, simulation.pepper)
        self._lineup: Lineup = line_up(
            plans, workspace.catalog, since, until, ranks=simulation.nights.ranks
        )

    def work(self, share: _Share) -> Simulated:
        """Replay one batch, and give what was found."""
        batch, courses = share
        found = Simulated()
        with collecting_later():
            with self._database.reading() as cx:
                histories = read_histories(cx, self._recorded, batch)
            self._nights.give(histories, courses)
            for history in histories:
                found.add(live(self._lineup, history), self._lineup)
        return found


_worker: _Worker | None = None


def _begin(simulation: Simulation) -> None:
    global _worker  # noqa: PLW0603 - a process of the pool has one, made once
    _worker = _Worker(
        simulation, open_database(simulation.database_url, cache_mib=READING_CACHE_MIB)
    )


def _work(share: _Share) -> Simulated:
    assert _worker is not None  # noqa: S101 - made when the process began
    return _worker.work(share)
