"""Foreseeing whom a change touches: each customer's history lived twice, and the lives compared."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from keepwarm.app.comparing import Comparison
from keepwarm.app.nights import Nights, Progress, nights_of
from keepwarm.app.sides import Side, live_side, side_of
from keepwarm.engine.proposing.changes import PlaybookChange
from keepwarm.engine.proposing.effects import Both, Effects
from keepwarm.engine.proposing.getting import Reading, marks_of
from keepwarm.engine.ranks import Ranks
from keepwarm.engine.replay import History, Lineup, line_up, live
from keepwarm.engine.replay.history import Learned
from keepwarm.insight.nights import Course
from keepwarm.schema.catalog import Catalog, Score
from keepwarm.schema.words import PlaybookStatus
from keepwarm.schema.workspace import read_workspace
from keepwarm.store.connection import Connection
from keepwarm.store.database import READING_CACHE_MIB, Database, open_database
from keepwarm.store.histories import batches, read_histories, recorded_for

#: From how many batches on a pool of processes, which takes a second or two to begin, is faster.
_WORTH_SHARING: Final = 5
#: The first and the last key of a batch of customers, and their scores on either side.
_Share: TypeAlias = tuple[tuple[int, int], tuple[Mapping[str, Course], ...]]
#: A playbook of another status lets nobody in.
_RUNS: Final = frozenset({PlaybookStatus.LIVE, PlaybookStatus.SHADOW})


@dataclass(frozen=True, slots=True)
class Foresight:
    """What is to be foreseen: texts and numbers, so that another process can do it too."""

    database_url: str
    pepper: bytes
    #: The folder's files by their paths, and the playbooks of it that are wanted.
    folder: Mapping[str, str]
    wanted: tuple[str, ...]
    #: Playbook -> the files that its live version is pinned with.
    pinned: Mapping[str, Mapping[str, str]]
    changes: tuple[PlaybookChange, ...]
    since: datetime
    until: datetime
    #: Scores and ranks, as the live catalogs and the folder's have them; one where they agree.
    nights: tuple[Nights, ...]


def prepare(
    database: Database,
    comparison: Comparison,
    where: tuple[str, bytes],
    since: datetime,
    until: datetime,
    progress: Progress | None = None,
) -> Foresight:
    """Say what to foresee, and compute the scores and ranks of each night of it.

    `where` are the database's address and the pepper of addresses.
    """
    before = [side for side in comparison.before.values() if side is not None]
    after = [*comparison.wanted.values()]
    with database.reading() as cx:
        nights = tuple(_nights(cx, before, after, (since, until), progress))
    return Foresight(
        database_url=where[0],
        pepper=where[1],
        folder=comparison.workspace.sources,
        wanted=tuple(sorted(comparison.wanted)),
        pinned={name: version.files for name, version in comparison.live.items()},
        changes=comparison.changes,
        since=since,
        until=until,
        nights=nights,
    )


def _nights(
    cx: Connection,
    before: Sequence[Side],
    after: Sequence[Side],
    period: tuple[datetime, datetime],
    progress: Progress | None,
) -> Iterator[Nights]:
    """Give the nights of both sides: one for both where a name means the same score on each."""
    known = [_scores(side) for side in (before, after)]
    if all(known[0][name] == known[1][name] for name in known[0].keys() & known[1].keys()):
        plans = [side.plan for side in (*before, *after)]
        yield nights_of(cx, plans, known[0] | known[1], *period, progress)
        return
    for sides, scores in zip((before, after), known, strict=True):
        yield nights_of(cx, [side.plan for side in sides], scores, *period, progress)


def _scores(sides: Iterable[Side]) -> dict[str, Score]:
    """Give the scores that catalogs declare, wherever in a file they do."""
    return {
        name: replace(score, place=None, means="")
        for side in sides
        for name, score in side.workspace.catalog.scores.items()
    }


def foresee(
    database: Database, foresight: Foresight, processes: int, progress: Progress | None = None
) -> Effects:
    """Live everybody's history twice and compare: the same for any number of processes."""
    with database.reading() as cx:
        parts = batches(cx)
    processes = min(processes, len(parts))
    shares = ((part, tuple(each.courses_of(*part) for each in foresight.nights)) for part in parts)
    if processes <= 1 or len(parts) < _WORTH_SHARING:
        worker = _Worker(foresight, database)
        return _gathered(map(worker.work, shares), foresight, len(parts), progress)
    # Started afresh, not forked: a connection must not be shared with another process.
    context = multiprocessing.get_context("spawn")
    shared = replace(foresight, nights=tuple(each.of_nobody() for each in foresight.nights))
    with context.Pool(processes, _begin, (shared,)) as pool:
        return _gathered(pool.imap_unordered(_work, shares), foresight, len(parts), progress)


def _gathered(
    results: Iterable[Effects], foresight: Foresight, parts: int, progress: Progress | None
) -> Effects:
    found = Effects(foresight.since, foresight.until)
    for done, result in enumerate(results, start=1):
        found.merge(result)
        if progress is not None:
            progress(done, parts)
    return found


class _Worker:
    """Lives the histories of batches of customers twice, in this process."""

    def __init__(self, foresight: Foresight, database: Database) -> None:
        workspace = read_workspace({p: text.encode() for p, text in foresight.folder.items()})
        after = {name: side_of(workspace.playbooks[name], workspace) for name in foresight.wanted}
        read = {name: live_side(name, files) for name, files in foresight.pinned.items()}
        before = {name: side for name, side in read.items() if side is not None}
        since, until = foresight.since, foresight.until
        plans = [side.plan for side in (*before.values(), *after.values())]
        self._database = database
        self._foresight = foresight
        self._recorded = recorded_for(plans, since, until, foresight.pepper)
        self._names = {*before, *after}
        self._both = Both(
            _lineup(before, foresight, foresight.nights[0].ranks),
            _lineup(after, foresight, foresight.nights[-1].ranks),
            {name: (_reading(before, name), _reading(after, name)) for name in self._names},
            {change.playbook: change.lines for change in foresight.changes},
        )

    def work(self, share: _Share) -> Effects:
        """Live one batch twice, and give what was different."""
        batch, courses = share
        found = Effects(self._foresight.since, self._foresight.until)
        with self._database.reading() as cx:
            histories = read_histories(cx, self._recorded, batch)
        own = [self._from_outside(history) for history in histories]
        for before, after in zip(*self._sides(own, courses), strict=True):
            said = before.attributes.get("language")
            language = said if isinstance(said, str) else ""
            lives = live(self._both.live, before), live(self._both.new, after)
            self._both.add(found, *lives, language)
        return found

    def _sides(
        self, histories: Sequence[History], courses: Sequence[Mapping[str, Course]]
    ) -> tuple[Sequence[History], Sequence[History]]:
        """Give histories with their scores, as either side computes them."""
        nights = self._foresight.nights
        both = histories, histories if len(nights) == 1 else [replace(each) for each in histories]
        for known, each, side in zip(nights, courses, both, strict=False):
            known.give(side, each)
        return both

    def _from_outside(self, history: History) -> History:
        """Give a history without what any of the playbooks changed: each side changes it anew."""
        kept = [
            each
            for each in history.arrivals
            if not (isinstance(each, Learned) and each.by in self._names)
        ]
        return history if len(kept) == len(history.arrivals) else replace(history, arrivals=kept)


def _lineup(sides: Mapping[str, Side], foresight: Foresight, ranks: Ranks) -> Lineup:
    plans = [side.plan for side in sides.values() if side.plan.status in _RUNS]
    lineup = line_up(
        plans,
        Catalog(),
        foresight.since,
        foresight.until,
        ranks=ranks,
        # Else a step more would move the minutes over which held messages are let go.
        spreads=False,
    )
    for ready in lineup.playbooks:
        # What is live is pinned, each playbook with the catalog of its own time.
        ready.catalog = sides[ready.plan.playbook].workspace.catalog
    return lineup


def _reading(sides: Mapping[str, Side], name: str) -> Reading | None:
    side = sides.get(name)
    if side is None:
        return None
    files: dict[tuple[str, bool], dict[str, str]] = {}
    for path, file in side.workspace.templates.items():
        tag = (file.language or "").replace("_", "-").lower()
        files.setdefault((file.name, file.form == "mjml"), {})[tag] = path
    return Reading(side.plan, marks_of(side.canonical), files)


_worker: _Worker | None = None


def _begin(foresight: Foresight) -> None:
    global _worker  # noqa: PLW0603 - a process of the pool has one, made once
    _worker = _Worker(foresight, open_database(foresight.database_url, cache_mib=READING_CACHE_MIB))


def _work(share: _Share) -> Effects:
    assert _worker is not None  # noqa: S101 - made when the process began
    return _worker.work(share)
