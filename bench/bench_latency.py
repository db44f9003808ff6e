"""How long an event waits: from durable in the inbox to the connector's call, through Prefect.

    python bench/bench_latency.py            200 events at 1/s, 1,000 at 50/s
    python bench/bench_latency.py --quick    60 and 500

The real pieces on the embedded default: SQLite, Prefect's own server, one warm process. Only the
connector is a memory, which notes when it is called.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keepwarm.app.applying import apply_folder
from keepwarm.app.settings import read_settings
from keepwarm.app.wiring import make_system
from keepwarm.connectors.memory import Memory
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import SendResult
from keepwarm.flows.arrivals import Identify, Track, keep, take_in
from keepwarm.flows.prefect.server import PrefectServer, environment, free_port, one_certificate
from keepwarm.flows.system import System
from keepwarm.schema.words import Channel
from keepwarm.store.inbox import Arrival

PLAYBOOK = """\
playbook: failed-payment
title: Rescue a failed payment
owner: billing@acme.example
status: live
kind: transactional
start:
  event: payment_failed
  once: per invoice
goal: {event: payment_succeeded, within: 14 days}
steps:
  - sms: card-declined
  - wait: 3 days
  - sms: card-declined
"""
CATALOG = """\
attributes:
  plan: {is: text}
events:
  payment_failed: {with: {invoice: text}}
  payment_succeeded: {with: {invoice: text}}
"""


class Timed(Memory):
    """Notes when each address was called, and whether a Prefect run called it."""

    def __init__(self) -> None:
        super().__init__()
        self.called: dict[str, float] = {}
        self.by_a_run: set[str] = set()

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        from prefect.context import FlowRunContext  # reads the environment, which main() sets

        now = time.perf_counter()
        is_in_a_run = FlowRunContext.get() is not None
        for message in messages:
            self.called.setdefault(message.address, now)
            if is_in_a_run:
                self.by_a_run.add(message.address)
        return await super().send(messages)


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--quick", action="store_true")
    slow, busy = (60, 500) if said.parse_args().quick else (200, 1000)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        port = free_port(0)
        os.environ |= environment(home / "prefect", port) | one_certificate(home / "prefect")
        server = PrefectServer(home / "prefect", port)
        server.start()
        system, connector = prepare(home, slow + busy)
        server.wait_until_healthy()
        from keepwarm.flows.prefect.foreman import Foreman

        foreman = Foreman(system, take_in, server=server)
        foreman.start()
        try:
            while foreman.shop.kept_client is None:
                time.sleep(0.1)
            time.sleep(5)
            for rate, first, count in ((1, 0, slow), (50, slow, busy)):
                measure(system, connector, foreman.notify, rate, range(first, first + count))
        finally:
            foreman.stop()
            server.stop()


def prepare(home: Path, customers: int) -> tuple[System, Timed]:
    """Make a system with one live playbook, and the customers that events come from."""
    playbooks = home / "playbooks"
    files = {
        "failed-payment.yaml": PLAYBOOK,
        "catalog/words.yaml": CATALOG,
        "templates/card-declined.txt": "Your card was declined.\n",
    }
    for name, content in files.items():
        (playbooks / name).parent.mkdir(parents=True, exist_ok=True)
        (playbooks / name).write_text(content)
    connector = Timed()
    made = make_system(read_settings({"KEEPWARM_HOME": str(home / "data")}))
    system = replace(made, connectors={**made.connectors, Channel.SMS: connector})
    apply_folder(system.database, playbooks, "bench", "", system.clock())
    keep(
        system,
        [
            Arrival(
                "bench",
                f"profile-{i}",
                Identify(f"c{i}", None, {"phone": phone(i), "timezone": at_noon(system)}).payload(),
            )
            for i in range(customers)
        ],
    )
    take_in(system)
    return system, connector


def phone(number: int) -> str:
    return f"+316{10_000_000 + number}"


def at_noon(system: System) -> str:
    """Give a zone where it is noon, so that no message waits for quiet hours to end."""
    east = 12 - system.clock().hour
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def measure(system: System, connector: Timed, notify: object, rate: int, numbers: range) -> None:
    """Send events at random moments, so many a second, and print how long they waited."""
    assert callable(notify)
    draw = random.Random(rate)
    durable: dict[int, float] = {}
    due = time.perf_counter()
    for i in numbers:
        track = Track(f"c{i}", "payment_failed", None, {"invoice": f"i{i}"})
        keep(system, [Arrival("bench", f"event-{i}", track.payload())])
        durable[i] = time.perf_counter()
        notify()
        due += draw.expovariate(rate)
        time.sleep(max(0.0, due - time.perf_counter()))
    until = time.monotonic() + 30
    while time.monotonic() < until and any(phone(i) not in connector.called for i in numbers):
        time.sleep(0.1)
    waits = sorted(
        (connector.called[phone(i)] - at) * 1000
        for i, at in durable.items()
        if phone(i) in connector.called
    )
    if len(waits) < 2:
        print(f"{rate}/s: {len(waits)} of {len(numbers)} events were answered")
        return
    load = os.getloadavg()[0]
    by_runs = sum(phone(i) in connector.by_a_run for i in numbers)
    print(
        f"{rate}/s, n={len(waits)} of {len(numbers)}: median {statistics.median(waits):.0f} ms,"
        f" p90 {waits[int(len(waits) * 0.9)]:.0f}, p99 {waits[int(len(waits) * 0.99)]:.0f},"
        f" max {waits[-1]:.0f}; {by_runs} by a run of Prefect"
        f" (load {load:.1f} on {os.cpu_count()} cores)",
        flush=True,
    )


if __name__ == "__main__":
    main()
