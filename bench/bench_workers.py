"""Measure how work is shared: one, two and four worker processes on one PostgreSQL.

    python bench/bench_workers.py --people 1000000

Every customer has a step that is due: it is decided, a message is queued, claimed, judged, worded
and handed to a connector that takes it at once. Each time begins with a copy of the same database,
which syncs its commits. Afterwards what the connectors took is joined with what the database says:
nothing may have been done twice, and nothing left out.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.queues import Queue
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg
from sqlalchemy import make_url, text

from keepwarm.connectors.contract import Limits
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import Accepted, SendResult
from keepwarm.flows.rounds import work_round
from keepwarm.flows.starting import let_in
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.customers import put_customers
from keepwarm.store.database import Database, open_database
from tests.journeys.world import START, World
from tests.store.databases import PostgresqlSource, postgresql_source
from tests.systems import system_on

NEWS = """\
kind: transactional
start:
  every: day at 09:30
  for_customers:
    - plan: free
steps:
  - email: hello
"""
DUE = START + timedelta(minutes=30)
BATCH = 50_000
MB = 1 << 20


class Taking:
    """A provider that takes everything at once, and remembers what by its number."""

    name = "taking"
    channels = frozenset(Channel)
    limits = Limits(batch=1000)

    def __init__(self) -> None:
        """Begin with nothing taken."""
        self.taken = array("q")

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Take them all."""
        self.taken.extend(int(each.send_id.partition("-")[0]) for each in messages)
        return [Accepted(f"taking:{each.send_id}") for each in messages]

    async def close(self) -> None:
        """Hold nothing."""


@dataclass(frozen=True)
class Share:
    """What one worker did."""

    taken: bytes
    cpu_seconds: float
    memory_mb: float


def system_of(database: Database, provider: Taking, now: datetime) -> System:
    """Make the system that a worker uses."""
    worker = f"worker-{os.getpid()}"
    return system_on(database, lambda: now, worker, connectors=dict.fromkeys(Channel, provider))


def work(url: str, shares: Queue[Share]) -> None:
    """Be one worker until nothing is due; say what it handed over and what that cost."""
    database, provider = open_database(url), Taking()
    system = system_of(database, provider, DUE)
    began = time.process_time()
    while not asyncio.run(work_round(system, "news")).is_idle:
        pass
    cpu_seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB
    shares.put(Share(provider.taken.tobytes(), cpu_seconds, memory))
    database.close()


def prepare(url: str, folder: Path, people: int) -> None:
    """Make the customers and let them in, so that each has a step that is due."""
    database = open_database(url)
    world = World(database, folder / "playbooks")
    world.playbook("news", NEWS)
    world.apply()
    for begin in range(0, people, BATCH):
        numbers = range(begin, min(begin + BATCH, people))
        told = [(f"c{n}", {"email": f"c{n}@example.com", "plan": "free"}) for n in numbers]
        with database.writing() as cx:
            put_customers(cx, told, world.now)
    let_in(system_of(database, Taking(), DUE), "news")
    database.close()


def measure(url: str, workers: int) -> tuple[float, list[Share]]:
    """Have so many workers do what is due; give the seconds it took, and their shares."""
    context = multiprocessing.get_context("fork")
    queue: Queue[Share] = context.Queue()
    each = [context.Process(target=work, args=(url, queue)) for _ in range(workers)]
    began = time.perf_counter()
    for one in each:
        one.start()
    shares = [queue.get() for _ in each]
    seconds = time.perf_counter() - began
    for one in each:
        one.join()
    return seconds, shares


def judge(url: str, people: int, shares: Sequence[Share]) -> None:
    """Hold what was taken against what the database says; end with what does not agree."""
    taken = array("q")
    for share in shares:
        taken.frombytes(share.taken)
    database = open_database(url)
    with database.reading() as cx:
        known = set(cx.execute(text("SELECT id FROM message")).scalars())
        sent = cx.execute(text("SELECT count(*) FROM outcome WHERE status = 'sent'")).scalar_one()
        others = cx.execute(
            text("SELECT count(DISTINCT message_id) FROM outcome WHERE status = 'sent'")
        ).scalar_one()
        ended = cx.execute(
            text("SELECT count(DISTINCT customer_id) FROM run WHERE status = 'completed'")
        ).scalar_one()
    database.close()
    figures = (
        len(taken),
        len(set(taken)),
        len(known),
        len(known & set(taken)),
        sent,
        others,
        ended,
    )
    if set(figures) != {people}:
        raise SystemExit(
            "handed over {}, different ones {}, messages {}, both {}, sent {}, different ones {},"
            " customers who came to the end {}".format(*figures)
        )


@contextmanager
def copied(source: PostgresqlSource, url: str, name: str) -> Iterator[str]:
    """Give a copy of a database, as PostgreSQL copies its files."""
    original = make_url(url)
    with psycopg.connect(
        host=source.host, user="postgres", dbname="postgres", autocommit=True
    ) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original.database}"')
        server.execute("CHECKPOINT")
        try:
            yield original.set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def sync(source: PostgresqlSource) -> None:
    """Have commits reach the disk, which tests do without."""
    with psycopg.connect(
        host=source.host, user="postgres", dbname="postgres", autocommit=True
    ) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.execute(f"ALTER SYSTEM RESET {setting}")
        server.execute("SELECT pg_reload_conf()")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    given = parser.parse_args()
    with (
        postgresql_source() as source,
        TemporaryDirectory() as name,
        source.url(Path(name)) as url,
    ):
        prepare(url, Path(name), given.people)
        sync(source)
        print(f"{given.people:,} due steps, on {os.cpu_count()} cores")
        print("workers  seconds  a second  CPU of workers  most memory  least share  load")
        for workers in given.workers:
            with copied(source, url, f"with_{workers}") as copy:
                seconds, shares = measure(copy, workers)
                judge(copy, given.people, shares)
            print(_row(workers, given.people, seconds, shares), flush=True)
    print("Nothing was done twice, and nothing was left out.")


def _row(workers: int, people: int, seconds: float, shares: Sequence[Share]) -> str:
    cpu = sum(share.cpu_seconds for share in shares)
    memory = max(share.memory_mb for share in shares)
    least = min(len(share.taken) // 8 for share in shares) / people
    return (
        f"{workers:>7} {seconds:>8.1f} {people / seconds:>9,.0f} {cpu:>14.1f}s {memory:>9.0f} MB"
        f" {least:>12.0%} {os.getloadavg()[0]:>5.1f}"
    )


if __name__ == "__main__":
    main()
