"""Measure how work is shared: one, two and four worker processes on one database.

    python bench/bench_workers.py --people 20000 --database postgresql

Every customer has a step that is due: it is decided, a message is queued, claimed, judged, worded
and handed to a connector that takes it at once. Nothing may be done twice. On a machine of two
cores four workers and PostgreSQL share these two.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from multiprocessing.queues import Queue
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from keepwarm.connectors.memory import Memory
from keepwarm.connectors.settings import Surroundings
from keepwarm.engine.links import Links
from keepwarm.flows.rounds import work_round
from keepwarm.flows.shelf import Shelf
from keepwarm.flows.starting import let_in
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.customers import put_customers
from keepwarm.store.database import open_database
from keepwarm.store.migrating import migrate
from tests.journeys.world import World
from tests.store.databases import postgresql_source

NEWS = """\
kind: transactional
start:
  every: day at 09:30
  for_customers:
    - plan: free
steps:
  - email: hello
"""


def work(url: str, now: datetime, done: Queue[tuple[int, float]]) -> None:
    """Be one worker until nothing is due; say how much was handed over, and its CPU seconds."""
    database = open_database(url)
    memory = Memory(Surroundings({}, lambda: now))
    memory.limits = replace(memory.limits, transactional=False)
    system = System(
        database=database,
        shelf=Shelf(),
        connectors=dict.fromkeys(Channel, memory),
        links=Links("https://keepwarm.example", {0: b"k" * 32}, signing=0),
        pepper=b"p" * 32,
        clock=lambda: now,
        worker=f"worker-{multiprocessing.current_process().pid}",
    )
    began = time.process_time()
    while not asyncio.run(work_round(system, "news")).is_idle:
        pass
    done.put((len(memory.sent), time.process_time() - began))
    database.close()


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """Give an empty database of a kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with postgresql_source() as source, source.url(folder) as url:
        yield url


def measure(kind: str, people: int, workers: int) -> tuple[float, float]:
    """Give the seconds that so many workers took, and the CPU seconds of all of them."""
    with TemporaryDirectory() as name, database_url(kind, Path(name)) as url:
        database = open_database(url)
        migrate(database)
        world = World(database, Path(name) / "playbooks")
        world.playbook("news", NEWS)
        world.apply()
        told = [(f"c{n}", {"email": f"c{n}@example.com", "plan": "free"}) for n in range(people)]
        with database.writing() as cx:
            put_customers(cx, told, world.now)
        world.now = world.now.replace(hour=8, minute=30)
        let_in(world.system, "news")
        context = multiprocessing.get_context("fork")
        done = context.Queue()
        database.close()
        each = [context.Process(target=work, args=(url, world.now, done)) for _ in range(workers)]
        began = time.perf_counter()
        for one in each:
            one.start()
        shares = [done.get() for _ in each]
        seconds = time.perf_counter() - began
        for one in each:
            one.join()
        if sum(share for share, _ in shares) != people:
            raise SystemExit(f"{sum(share for share, _ in shares)} messages for {people} customers")
        return seconds, sum(cpu for _, cpu in shares)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    given = parser.parse_args()
    print(f"{given.people:,} due steps on {given.database}; nothing was done twice")
    print(f"{'workers':>8} {'seconds':>8} {'a second':>9} {'CPU of workers':>15}")
    for workers in (1, 2, 4):
        seconds, cpu = measure(given.database, given.people, workers)
        print(f"{workers:>8} {seconds:8.1f} {given.people / seconds:9,.0f} {cpu:14.1f}s")


if __name__ == "__main__":
    main()
