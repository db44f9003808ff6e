"""A simulation of 90 days with the example playbooks: seconds, customers a second, memory.

  python bench/bench_simulate.py [customers] [processes]

Without words: 100,000 customers and two processes, on SQLite. Making them takes about a minute and
is not counted: what is timed is what `keepwarm simulate` does after it has read the folder.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from keepwarm.app.folder import files_in
from keepwarm.app.simulating.running import plans_of, playbooks_in, prepare, simulate
from keepwarm.insight.scoring import compute_score
from keepwarm.schema.workspace import Workspace, read_workspace
from keepwarm.store.bulk import json_text
from keepwarm.store.customers import Told, keys_of, put_customers
from keepwarm.store.database import Database, open_database
from keepwarm.store.events import EventValues, append_events
from keepwarm.store.migrating import migrate
from keepwarm.store.moments import to_micros
from keepwarm.store.people import ALL, Consent, record_consents
from keepwarm.store.scores import read_orders, write_scores

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=90)
PLAYBOOKS = Path(__file__).parents[1] / "playbooks"
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London")
CHUNK = 20_000


def main(words: list[str]) -> None:
    customers = int(words[0]) if words else 100_000
    processes = int(words[1]) if len(words) > 1 else 2
    files = files_in(PLAYBOOKS)
    workspace = read_workspace(files)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        database = open_database(url)
        migrate(database)
        events = make(database, workspace, customers)
        plans = plans_of(workspace, playbooks_in(workspace, ()))
        began, cpu = time.perf_counter(), cpu_seconds()
        simulation = prepare(database, url, b"p" * 32, files, plans, SINCE, UNTIL)
        found = simulate(database, simulation, processes)
        seconds, cpu = time.perf_counter() - began, cpu_seconds() - cpu
        database.close()
    print(
        f"{customers:,} customers, {events:,} events, {len(plans)} playbooks,"
        f" {processes} processes:"
        f" {seconds:.1f} s, {cpu:.1f} s of CPU, {memory()} MB a process at most"
    )
    print(f"{found.runs.total():,} runs, {found.sent.total():,} messages sent,"
          f" {found.held.total():,} held, {found.refused.total():,} refused")  # fmt: skip


# ── Who there is ─────────────────────────────────────────────────────────────────────────────


def make(database: Database, workspace: Workspace, customers: int) -> int:
    """Make customers who sign up, listen, order, leave carts and fail to pay; give the events."""
    chance, events = Random(7), 0
    for first in range(0, customers, CHUNK):
        names = [f"c{number:07}" for number in range(first, min(first + CHUNK, customers))]
        before = SINCE - timedelta(days=400)
        with database.writing(durable=False) as cx:
            put_customers(cx, [person(chance, name) for name in names], before)
            keys = keys_of(cx, names)
            record_consents(
                cx,
                [
                    Consent(keys[n], channel, ALL, chance.random() < 0.8, "bench", before)
                    for n in names
                    for channel in ("email", "sms", "push")
                ],
                before,
            )
            told = [event for name in names for event in happens(chance, name)]
            events += append_events(cx, told, UNTIL).new
    change(database, chance, customers)
    for score in workspace.catalog.scores.values():
        with database.writing(durable=False) as cx:
            orders = read_orders(cx, score.event, score.amount, UNTIL)
            write_scores(cx, score.name, orders.customer_ids, compute_score(score, orders), UNTIL)
    return events


def person(chance: Random, name: str) -> Told:
    day = UNTIL.date() - timedelta(days=chance.randrange(60, 1500))
    return name, {
        "email": f"{name}@example.com",
        "phone": "+12125550123",
        "timezone": chance.choice(ZONES),
        "birthday": f"{chance.randrange(1950, 2005)}-{chance.randrange(1, 13):02}-11",
        "customer_since": day.isoformat(),
        "plan": chance.choice(["free", "free", "premium", "family", "business"]),
        "subscription_status": chance.choice(["active"] * 9 + ["cancelled"]),
        "renewal_date": (day + timedelta(days=365 * 4)).isoformat(),
        "monthly_revenue": chance.choice([0, 10, 20, 600]),
        "open_tickets": 0,
        "nps_group": chance.choice(["promoter", "passive", "detractor"]),
    }


def happens(chance: Random, name: str) -> Iterator[EventValues]:
    """Give what one customer does in 270 days: a third of it in the days that are replayed."""

    def event(what: str, days: float, number: int, **properties: object) -> EventValues:
        at = to_micros(UNTIL - timedelta(days=days))
        return name, what, at, at, "bench", f"{name}/{what}/{number}", json_text(properties)

    days = sorted(chance.random() * 270 for _ in range(chance.choice([0, 4, 8, 16, 32])))
    for number, day in enumerate(days):
        yield event("listened", day, number, minutes=chance.randrange(5, 90))
    for number in range(chance.choice([0, 0, 1, 2, 3, 6])):
        yield event("ordered", chance.random() * 270, number, amount=20.5, cds=1)
    for number in range(chance.choice([0, 0, 0, 1, 2])):
        yield event("cart_updated", chance.random() * 90, number, cds=2, cart_value=30)
    if chance.random() < 0.1:
        day = chance.random() * 90
        yield event("signed_up", day, 0)
        if chance.random() < 0.5:
            yield event("playlist_created", day * 0.97, 0)
    if chance.random() < 0.04:
        day = chance.random() * 90
        yield event("payment_failed", day, 0, invoice="INV-1", amount=10)
        if chance.random() < 0.7:
            yield event("payment_succeeded", day * 0.95, 0, invoice="INV-1", amount=10)


def change(database: Database, chance: Random, customers: int) -> None:
    """Let some customers have tickets, and some of them none again."""
    for day in range(0, 90, 3):
        names = [f"c{chance.randrange(customers):07}" for _ in range(customers // 200)]
        with database.writing(durable=False) as cx:
            told: list[Told] = [(name, {"open_tickets": chance.randrange(3)}) for name in names]
            put_customers(cx, told, SINCE + timedelta(days=day, hours=chance.randrange(24)))


def cpu_seconds() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


if __name__ == "__main__":
    main(sys.argv[1:])
