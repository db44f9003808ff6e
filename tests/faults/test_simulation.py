"""Simulation: the real engine and store under a moved clock, with faults drawn from a seed.

A seed that fails fails again. It is kept in `failed_seeds/`, as a file to be committed with what
mends it, and tried for ever.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text

from keepwarm.engine import gates, timing
from keepwarm.engine.run import QueueMessage
from keepwarm.flows import calling, dispatching, preparing
from keepwarm.flows.preparing import Prepared
from keepwarm.store import decided
from keepwarm.store.claims import LEASE, Claim
from keepwarm.store.connection import Connection
from keepwarm.store.database import open_database
from keepwarm.store.intents import Intents
from keepwarm.store.moments import to_micros
from keepwarm.store.queueing import ChunkFiller, queue_messages
from tests.faults.promises import Promises
from tests.faults.simulated import Simulation
from tests.journeys.world import World
from tests.store.databases import SqliteSource

#: A file for each seed that failed once, with what was wrong then.
FAILED = Path(__file__).with_name("failed_seeds")


def live(world: World, seed: int, steps: int) -> int:
    """Let so many things happen, look at all promises after each, and give how many ran through."""
    simulation = Simulation(world, seed)
    promises = Promises(simulation)
    deed = "nothing"
    for number in range(steps):
        try:
            deed = simulation.do_something()
            promises.hold()
        except Exception as error:
            raise AssertionError(f"seed {seed}, step {number} ({deed}): {error}") from error
    try:
        simulation.come_to_rest()
        promises.hold_in_the_end()
    except Exception as error:
        raise AssertionError(f"seed {seed}, in the end: {error}") from error
    [(journeys,)] = world.rows("SELECT count(*) FROM run WHERE ended_at IS NOT NULL")
    return int(journeys)


# ── Seeds ────────────────────────────────────────────────────────────────────────────────────


def failed_once(folder: Path = FAILED) -> list[tuple[int, int]]:
    """Give (seed, steps) of what failed once."""
    told = (json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json"))
    return sorted((each["seed"], each["steps"]) for each in told)


@contextmanager
def kept_if_it_fails(seed: int, steps: int, folder: Path = FAILED) -> Iterator[None]:
    """Keep a seed that fails in the block, with what was wrong."""
    try:
        yield
    except Exception as error:
        folder.mkdir(exist_ok=True)
        told = json.dumps({"seed": seed, "steps": steps, "failed": str(error)}, indent=2)
        (folder / f"simulation-{seed}-{steps}.json").write_text(told + "\n", encoding="utf-8")
        raise


@contextmanager
def new_world(files: SqliteSource, folder: Path) -> Iterator[World]:
    """Give an installation of its own."""
    folder.mkdir()
    with files.url(folder) as url:
        database = open_database(url)
        try:
            yield World(database, folder / "playbooks")
        finally:
            database.close()


@pytest.mark.parametrize(("seed", "steps"), [(1, 30), (2, 30), *failed_once()])
def test_whatever_happens_all_promises_hold(sqlite_world: World, seed: int, steps: int) -> None:
    with kept_if_it_fails(seed, steps):
        assert live(sqlite_world, seed, steps) > 0


@pytest.mark.long
def test_ten_thousand_journeys_hold_all_promises(
    sqlite_files: SqliteSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, journeys, steps = time.process_time(), 0, 100
    for seed in count():
        with kept_if_it_fails(seed, steps), new_world(sqlite_files, tmp_path / f"{seed}") as world:
            journeys += live(world, seed, steps)
        if journeys >= 10_000:
            break
    with capsys.disabled():
        seconds = time.process_time() - begun
        print(
            f"\n{journeys:,} journeys lived to their ends in {(seed + 1) * steps:,} steps, all"
            f" promises looked at after each: {seconds:.0f} CPU seconds"
        )


# ── Is it awake? ─────────────────────────────────────────────────────────────────────────────


def _never(*_: object, **__: object) -> None:
    """Stand for a gate that says nothing."""


def _moved(by: timedelta) -> Callable[..., datetime]:
    right = timing.after
    return lambda *given: right(*given) + by


def _queued_twice(
    cx: Connection, filler: ChunkFiller, message: QueueMessage, run_ids: Sequence[int]
) -> None:
    queue_messages(cx, filler, message, run_ids)
    queue_messages(cx, filler, replace(message, part=9), run_ids)


def _as_if_never_called(_: Connection, __: Prepared, intents: Intents, ___: datetime) -> Intents:
    return intents


def _fence_not_asked_at_the_end(cx: Connection, claim: Claim) -> bool:
    sql = "UPDATE chunk SET due_at = NULL, worker = NULL WHERE id = :chunk"
    return cx.execute(text(sql), {"chunk": claim.chunk}).rowcount == 1


def _fence_not_asked_on_the_way(cx: Connection, claim: Claim, now: datetime) -> bool:
    sql = "UPDATE chunk SET due_at = :lease_end WHERE id = :chunk"
    values = {"lease_end": to_micros(now + LEASE), "chunk": claim.chunk}
    return cx.execute(text(sql), values).rowcount == 1


async def _never_renewed(_: object) -> None:
    """Stand for a lease that nobody keeps."""


#: A fault -> where it is planted, what stands there then, and the promise that it breaks.
PLANTED: Final[Mapping[str, tuple[Any, str, Any, str]]] = {
    "consent is not asked for": (gates, "_consent", _never, "had said no"),
    "suppressions are not looked at": (gates, "_suppression", _never, "refused for good"),
    "a goal does not cancel what is queued": (gates, "_run", _never, "was over"),
    "caps do not bind": (gates, "_cap", _never, "messages in a week"),
    "nights are not kept": (gates, "_quiet_hours", _never, "it was night"),
    "a wait is an hour short": (timing, "after", _moved(timedelta(hours=-1)), "did not wait"),
    "a wait is a day long": (timing, "after", _moved(timedelta(days=1)), "waits until"),
    "a message is queued twice": (decided, "queue_messages", _queued_twice, "taken twice"),
    "what a dead worker called is called again": (
        preparing, "_settle_earlier_claim", _as_if_never_called, "taken twice",
    ),
    "a claim is not written down": (preparing, "append_alike", _never, "taken twice"),
    "who wakes ends what another holds": (
        dispatching, "finish_chunk", _fence_not_asked_at_the_end, "is failed|taken twice",
    ),
    "who wakes goes on with what another holds": (
        calling, "renew_lease", _fence_not_asked_on_the_way, "called about",
    ),
    "a lease is never renewed": (calling, "_keep", _never_renewed, "was taken from it"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_that_is_planted_is_found(
    sqlite_files: SqliteSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    room, name, instead, promise = PLANTED[fault]
    monkeypatch.setattr(room, name, instead)

    def live_some() -> None:
        for seed in range(8):
            with new_world(sqlite_files, tmp_path / f"{seed}") as world:
                live(world, seed, 60)

    with pytest.raises(AssertionError, match=promise):
        live_some()


def test_a_promise_that_is_broken_is_seen_and_its_seed_is_kept(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "_consent", _never)
    folder = tmp_path / "failed_seeds"
    with (
        pytest.raises(AssertionError, match=r"seed 3, step .* had said no"),
        kept_if_it_fails(3, 60, folder),
    ):
        live(sqlite_world, 3, 60)
    assert failed_once(folder) == [(3, 60)]
