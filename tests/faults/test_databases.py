"""The database is cut off, stopped, locked or full: nothing leaves unclaimed, and all goes on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random

import pytest

from keepwarm.app.web import guard
from keepwarm.store.database import open_database
from keepwarm.store.landmarks import Landmark
from keepwarm.store.patience import Patience
from tests.app.serving import Site, serving
from tests.faults.city import LATER, City, city
from tests.faults.workers import begin, work_to_the_end
from tests.store.databases import postgresql_source
from tests.waiting import PATIENCE_SECONDS, state_of, wait_for

#: Where a transaction is open.
INSIDE = [
    Landmark.USING_ARRIVALS,
    Landmark.TAKING_RUNS,
    Landmark.DECIDING,
    Landmark.CLAIMING,
    Landmark.JUDGING,
    Landmark.RECORDING,
]


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def postgresql_town(tmp_path: Path) -> Iterator[City]:
    """A town with a server of its own, which may be stopped.

    It lets everybody's commits wait in memory, where Keepwarm does not ask for more.
    """
    with postgresql_source() as source, source.url(tmp_path) as url:
        database = open_database(url)
        with city(database, url, tmp_path) as made:
            yield made
        database.close()


@pytest.mark.postgres
def test_a_worker_is_cut_off_in_the_middle_of_every_transaction(postgresql_town: City) -> None:
    town = postgresql_town
    town.settle_in("sendgrid")
    for landmark in INSIDE:
        town.arrive(2)
        code = work_to_the_end(town.orders(ends_at=landmark, cuts_off=True))
        # Answers are recorded again; all else is left to whoever comes next.
        assert code == (0 if landmark is Landmark.RECORDING else 1)
        town.now += LATER
    town.come_to_rest()

    assert town.judge()["unknown"] == 0


@pytest.mark.postgres
def test_answers_are_recorded_though_the_server_was_stopped_when_they_came(
    postgresql_town: City,
) -> None:
    town = postgresql_town
    town.settle_in("sendgrid")
    town.arrive(3)
    worker = begin(town.orders(ends_at=Landmark.ANSWERED, by=signal.SIGSTOP))
    pid = worker.pid or 0
    wait_for(lambda: state_of(pid) == "T")
    order_server = control_of(town)
    order_server("stop", "-m", "immediate")
    os.kill(pid, signal.SIGCONT)
    time.sleep(2)  # connections are refused meanwhile
    order_server("start")
    worker.join(PATIENCE_SECONDS)

    assert worker.exitcode == 0
    town.now += LATER
    town.come_to_rest()
    assert town.judge() == {"sent": 6}


@pytest.mark.postgres
def test_the_server_is_stopped_at_once_and_started_again(postgresql_town: City) -> None:
    stopped_at_random(postgresql_town, times=3, seed=1)


@pytest.mark.postgres
@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_the_server_is_stopped_fifty_times(postgresql_town: City, seed: int) -> None:
    stopped_at_random(postgresql_town, times=10, seed=seed)


def stopped_at_random(town: City, times: int, seed: int) -> None:
    """Stop the server without warning while a worker works, and start it again."""
    chance = Random(seed)
    town.settle_in("sendgrid", "onesignal")
    for _ in range(times):
        town.arrive(chance.randint(5, 20))
        stopping = threading.Timer(chance.uniform(0.05, 0.4), restart, [town])
        stopping.start()
        work_to_the_end(town.orders())
        stopping.join()
        town.now += LATER
    town.come_to_rest()
    try:
        town.judge()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, {times} stops: {error}") from error


def restart(town: City) -> None:
    control_of(town)("restart", "-m", "immediate")


def control_of(town: City) -> Callable[..., None]:
    """Give what stops, starts and restarts the town's server, found while it is up."""
    folder = town.world.database.engine.url.query["host"]
    server = postmaster_of(town)
    control = Path(f"/proc/{server}/exe").resolve().with_name("pg_ctl")
    owner = Path(str(folder)).stat().st_uid
    listening = ["-o", f"-h '' -k {folder}"]

    def order(what: str, *how: str) -> None:
        waiting = ["-w", "-t", str(round(PATIENCE_SECONDS))]
        start = [] if what == "stop" else ["-l", "/dev/null", *listening]
        command = [str(control), what, *how, *waiting, "-D", str(folder), *start]
        subprocess.run(command, check=True, capture_output=True, user=owner)

    return order


def postmaster_of(town: City) -> str:
    """Give the id of the server's first process."""
    folder = town.world.database.engine.url.query["host"]
    return Path(str(folder), "postmaster.pid").read_text().splitlines()[0]


@pytest.mark.postgres
def test_requests_are_refused_while_the_server_is_frozen(
    postgresql_town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but their own patience ends a wait: the server is let go only when all is said."""
    town = postgresql_town
    town.settle_in("sendgrid")

    def told(site: Site, name: str) -> int:
        item = {"userId": name, "event": "signed_up", "messageId": name}
        return site.post("/v1/track", item).status

    with serving(town.world) as site:
        assert told(site, "before") == HTTPStatus.OK  # its connection lies idle from now on
        with monkeypatch.context() as patched, frozen(town):
            for name in ("_OF_PROGRAMS", "_OF_PEOPLE"):
                patched.setattr(guard, name, Patience(for_a_sign=timedelta(seconds=0.5)))
            found = [told(site, "meanwhile") for _ in range(3)]
            page = site.get("/outbox").status
        assert [*found, page] == [HTTPStatus.SERVICE_UNAVAILABLE] * 4
        wait_for(lambda: told(site, "meanwhile") == HTTPStatus.OK)
        assert told(site, "meanwhile") == HTTPStatus.OK
    assert town.world.rows("SELECT source_id FROM inbox") == [("before",), ("meanwhile",)]


@contextmanager
def frozen(town: City) -> Iterator[None]:
    """Stop every process of the server, as when its machine is paused."""
    first = postmaster_of(town)
    os.kill(int(first), signal.SIGSTOP)  # it makes no new ones from now on
    processes = [first]
    try:
        for each in Path(f"/proc/{first}/task/{first}/children").read_text().split():
            # One that ended has not been collected, and so is there to be told.
            os.kill(int(each), signal.SIGSTOP)
            processes.append(each)
        yield
    finally:
        for each in processes:
            os.kill(int(each), signal.SIGCONT)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────


@contextmanager
def locked(town: City) -> Iterator[None]:
    """Hold the database's one writer, as another program would."""
    other = sqlite3.connect(town.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_database_that_another_program_holds_is_waited_for(sqlite_town: City) -> None:
    sqlite_town.settle_in("sendgrid")
    sqlite_town.arrive(3)
    began = time.monotonic()
    with locked(sqlite_town):
        release = threading.Timer(2, lambda: None)
        release.start()
        worker = threading.Thread(target=work_to_the_end, args=(sqlite_town.orders(),))
        worker.start()
        release.join()
        assert not sqlite_town.here.ledger.entries  # nothing leaves without a claim
    worker.join(PATIENCE_SECONDS)
    sqlite_town.come_to_rest()

    assert time.monotonic() - began > 2
    assert sqlite_town.judge()["sent"] == 6


def full_at_random(town: City, times: int, seed: int) -> None:
    """Let the disk be full after a few more kilobytes, again and again."""
    chance = Random(seed)
    town.settle_in("sendgrid", "twilio")
    path = Path(town.url.removeprefix("sqlite:///"))
    refused = 0
    for _ in range(times):
        town.arrive(chance.randint(1, 10))
        log = path.with_name(path.name + "-wal")
        longest = max(path.stat().st_size, log.stat().st_size if log.exists() else 0)
        limit = chance.choice((longest, log.stat().st_size if log.exists() else 0))
        limit += chance.randint(0, 200) * 1024
        refused += work_to_the_end(town.orders(largest_file_bytes=limit)) != 0
        town.now += LATER
    town.come_to_rest()
    try:
        town.judge()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, full {refused} times: {error}") from error
    assert refused, "the disk was never full"


def test_a_full_disk_loses_nothing(sqlite_town: City) -> None:
    full_at_random(sqlite_town, times=6, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_a_disk_that_is_full_fifty_times(sqlite_town: City, seed: int) -> None:
    full_at_random(sqlite_town, times=10, seed=seed)
