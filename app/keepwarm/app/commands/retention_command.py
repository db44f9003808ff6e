"""Say how long what is kept, and what would go at the next full hour. Removes nothing itself.

  keepwarm retention

The policies say how long (`keep` in policies.yaml); without a word there, what is printed holds.
A running Keepwarm lets go a little every hour. The keys by which something told twice is known,
proofs of consent, suppressions and what became of messages stay for good.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keepwarm.flows.retaining import Limit
    from keepwarm.schema.retention import Kept
    from keepwarm.store.retaining import Gone

_MEANS: Final = {
    "events": "events",
    "words": "messages whose personal words are emptied",
    "arrivals": "arrivals that could not be used, emptied",
    "changes": "what was known of customers before",
    "decisions": "runs whose seen values are emptied",
    "audit": "lines of the audit log",
}


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options: none."""
    del parser


def run(given: argparse.Namespace) -> int:
    """Print what is kept for how long, and give the exit code."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.flows.retaining import limits, would_go
    from keepwarm.flows.shelf import Shelf
    from keepwarm.store.retaining import gone_so_far

    del given
    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        found = [(limit, would_go(cx, limit)) for limit in limits(cx, Shelf(), clock())]
        gone = gone_so_far(cx)
    print("\n".join(_lines(found, gone)))
    return 0


def _lines(found: Sequence[tuple[Limit, int]], gone: Mapping[Kept, Gone]) -> Iterator[str]:
    yield f"{'kept for':<12}{'would go':>11}{'gone so far':>13}  what"
    lengths = {limit.kept: str(limit.length) for limit, _ in found}
    for name, means in _MEANS.items():
        of_it = [(limit, count) for limit, count in found if limit.kept == name]
        if not of_it and name != "events":
            continue
        total = sum(count for _, count in of_it)
        before = next((each.rows for kept, each in gone.items() if kept == name), 0)
        length = next((said for kept, said in lengths.items() if kept == name), "")
        yield f"{length:<12}{total:>11,}{before:>13,}  {means}"
        yield from _events(of_it)


def _events(of_it: Sequence[tuple[Limit, int]]) -> Iterator[str]:
    """Say of each kind of event that goes, or that stays for longer, why."""
    for limit, count in of_it:
        if limit.event and (count or limit.because):
            stays = f" (stays: {limit.because})" if limit.because else ""
            yield f"{'':<12}{count:>11,}{'':>13}    {limit.event}{stays}"
