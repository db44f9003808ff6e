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

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.reference_job import by_hand, keepwarm_job
from bench.reference_job.keepwarm_job import Ran
from bench.reference_job.people import EXPECTED, OUTCOME, World, make

from keepwarm.store.database import open_database
from tests.store.embedded_postgresql import get_server

#: With how many customers each does the job before it is timed.
WARM_UP = 500
#: So few customers take parts of a second, in which anything may happen: they have several turns.
SHORT, SHORT_TURNS = 10_000, 7


def main(words: list[str]) -> None:
    databases = [word for word in words if not word.isdigit()] or ["sqlite", "postgresql"]
    sizes = [int(word) for word in words if word.isdigit()] or [10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            world, warm_up = make(size), make(WARM_UP)
            turns = SHORT_TURNS if size <= SHORT else 1
            for name in databases:
                places = [Path(folder) / f"{name}-{size}-{turn}" for turn in range(turns)]
                show(name, size, [compare(name, world, warm_up, place) for place in places])


def compare(name: str, world: World, warm_up: World, folder: Path) -> tuple[Ran, Ran]:
    """Run the job by hand and by Keepwarm on the same customers."""
    folder.mkdir()
    before, now = loaded(name, warm_up, folder, "before"), loaded(name, world, folder, "now")
    hand = by_hand.run_by_itself(before[0], now[0])
    ours = keepwarm_job.run_by_itself((before[1], warm_up.logins), (now[1], world.logins))
    return hand, ours


def show(name: str, size: int, turns: list[tuple[Ran, Ran]]) -> None:
    """Print the turn whose ratio is the median, the ratios of all, and that of the fastest times.

    Whatever else the machine does makes a turn slower and never faster.
    """
    turns.sort(key=ratio)
    hand, ours = turns[len(turns) // 2]
    for who, ran in (("by hand", hand), ("Keepwarm", ours)):
        exact = "exact" if ran.outcome == EXPECTED[size] else f"WRONG {ran.outcome}"
        print(f"{name} {size:>9,} {who:<9} {ran.seconds:8.2f} s  {exact}")
    print(f"{name} {size:>9,} ratio     {ratio((hand, ours)):8.1f}{_of(turns)}")
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in ours.stages.items())
    print(f"  {stages}; most memory {ours.megabytes} MB")
    if any(ran.outcome != EXPECTED[size] for both in turns for ran in both):
        expected = dict(zip(OUTCOME, EXPECTED[size], strict=True))
        raise SystemExit(f"the outcome must be {expected}")


def _of(turns: list[tuple[Ran, Ran]]) -> str:
    if len(turns) == 1:
        return ""
    fastest = [min(each, key=lambda ran: ran.seconds) for each in zip(*turns, strict=True)]
    each = ", ".join(f"{ratio(turn):.1f}" for turn in turns)
    return f"  of {each}; of the fastest of each {ratio((fastest[0], fastest[1])):.1f}"


def ratio(both: tuple[Ran, Ran]) -> float:
    """Give how many times as long Keepwarm took."""
    hand, ours = both
    return ours.seconds / hand.seconds


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
    server = get_server(folder.parent / "postgresql", cleanup_mode="stop")
    root, number = server.get_uri(), folder.name.replace("-", "_")
    made = [f"{who}_{number}_{label}" for who in ("hand", "keepwarm")]
    with psycopg.connect(root, autocommit=True) as cx:
        for each in made:
            cx.execute(f"CREATE DATABASE {each}".encode())
    hand, ours = (root.replace("/postgres?", f"/{each}?") for each in made)
    return hand, ours.replace("postgresql://", "postgresql+psycopg://")


if __name__ == "__main__":
    main(sys.argv[1:])
