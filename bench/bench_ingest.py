"""How many events a second the door takes, each on the disk before it is answered.

    python bench/bench_ingest.py             20 seconds of batches of 100
    python bench/bench_ingest.py --quick     5 seconds

The real service on the embedded default, in a process of its own: `keepwarm up` with the playbooks
of Acme Music live, which let customers in, decide and send to the outbox meanwhile. Two senders in
another process post as fast as they are answered. Everything is on the same cores.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from keepwarm.flows.prefect.server import free_port
from keepwarm.store.database import Database, open_database

ROOT = Path(__file__).parents[1]
SENDERS, ITEMS, CUSTOMERS = 2, 100, 5_000
DRAIN_SECONDS = 120


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--quick", action="store_true")
    seconds = 5 if said.parse_args().quick else 20
    with tempfile.TemporaryDirectory() as folder:
        port = free_port(0)
        settings = {
            "KEEPWARM_HOME": folder,
            "KEEPWARM_PLAYBOOKS": str(ROOT / "playbooks"),
            "KEEPWARM_PORT": str(port),
            "KEEPWARM_PREFECT_PORT": str(free_port(0)),
        }
        service = subprocess.Popen(
            [sys.executable, "-m", "keepwarm.app.command_line", "up", "--no-example"],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_until_up(port)
            tell(port, Crowd(0).customers())
            database = open_database(f"sqlite:///{folder}/keepwarm.db")
            wait_until_worked_off(database)  # and so until Prefect is up
            load(port, seconds, database)
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(60)


class Crowd:
    """Makes up what customers do: most listen, some fill a cart, a few are new."""

    def __init__(self, number: int) -> None:
        self._draw = random.Random(number)
        self._number = number
        self._made = 0

    def customers(self) -> list[Mapping[str, object]]:
        return [
            {
                "type": "identify",
                "userId": f"c{n}",
                "traits": {"email": f"c{n}@example.com", "email_consent": True},
            }
            for n in range(CUSTOMERS)
        ]

    def batch(self) -> list[Mapping[str, object]]:
        return [self._one() for _ in range(ITEMS)]

    def _one(self) -> Mapping[str, object]:
        self._made += 1
        event, properties = self._draw.choices(
            (
                ("listened", {"minutes": self._draw.randrange(1, 90)}),
                ("cart_updated", {"cart_value": 25, "cds": 2}),
                ("signed_up", {}),
            ),
            (90, 8, 2),
        )[0]
        return {
            "type": "track",
            "userId": f"c{self._draw.randrange(CUSTOMERS)}",
            "event": event,
            "properties": properties,
            "messageId": f"{self._number}-{self._made}",
            "timestamp": datetime.now(UTC).isoformat(),
        }


def wait_until_up(port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("keepwarm up did not come up")


def tell(port: int, items: list[Mapping[str, object]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for start in range(0, len(items), 1_000):
        connection.request("POST", "/v1/batch", json.dumps({"batch": items[start : start + 1_000]}))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200


def load(port: int, seconds: int, database: Database) -> None:
    """Post for so many seconds, and print what was acknowledged and how far it was worked off."""
    waits: list[float] = []
    slowed: list[int] = []
    ends = time.perf_counter() + seconds

    def send(number: int) -> None:
        crowd = Crowd(number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < ends:
            body = json.dumps({"batch": crowd.batch(), "sentAt": datetime.now(UTC).isoformat()})
            began = time.perf_counter()
            connection.request("POST", "/v1/batch", body)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 429:
                slowed.append(number)
                time.sleep(float(answer.headers["Retry-After"]))
                continue
            assert answer.status == 200
            waits.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(1, SENDERS + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    acknowledged = len(waits) * ITEMS
    behind = count(database, "SELECT count(*) FROM inbox WHERE done_at IS NULL")
    began = time.perf_counter()
    wait_until_worked_off(database)
    waits.sort()
    print(
        f"{acknowledged / seconds:,.0f} events a second acknowledged"
        f" ({acknowledged:,} in batches of {ITEMS}; median {statistics.median(waits):.0f} ms,"
        f" p99 {waits[int(len(waits) * 0.99)]:.0f} ms, {len(slowed)} times told to wait)\n"
        f"{behind:,} were not worked off at the end, and were {time.perf_counter() - began:.1f} s"
        f" later\n"
        f"meanwhile {count(database, 'SELECT count(*) FROM run'):,} runs began and"
        f" {count(database, 'SELECT count(*) FROM message'):,} messages were queued"
        f" (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)",
    )
    kept = count(database, "SELECT count(*) FROM event WHERE source = 'api'")
    assert kept == acknowledged, f"{kept:,} events are kept of {acknowledged:,}"


def wait_until_worked_off(database: Database) -> None:
    began = time.perf_counter()
    while count(database, "SELECT count(*) FROM inbox WHERE done_at IS NULL"):
        assert time.perf_counter() - began < DRAIN_SECONDS, "the inbox is not worked off"
        time.sleep(0.2)


def count(database: Database, sql: str) -> int:
    with database.reading() as cx:
        return int(cx.execute(text(sql)).scalar_one())


if __name__ == "__main__":
    main()
