"""Brings the example in through the same doors as anybody's own files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

from keepwarm.app.example.making import (
    how_said,
    purchases,
    write_customers,
    write_purchases,
)
from keepwarm.flows.system import System
from keepwarm.schema.catalog import Catalog
from keepwarm.store.importing import import_customers, import_events
from keepwarm.store.overview import how_many_customers

#: Hears what is being brought in, and how much of it: bytes done, bytes in all.
Progress: TypeAlias = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of bringing the example in."""

    customers: int
    purchases: int
    #: By how many days dates were moved, and the last of them then.
    moved_days: int
    last_day: date
    was_known: bool


def bring_in(system: System, catalog: Catalog, folder: Path, progress: Progress) -> Brought | None:
    """Load customers and purchases, once; None when there are customers or no word for purchases.

    The files are made once and kept, so that a start that was broken off goes on with the same.
    """
    now = system.clock()
    people, orders = folder / "customers.csv", folder / "purchases.csv"
    said = how_said(catalog)
    if not (people.exists() and orders.exists()):
        with system.database.reading() as cx:
            if said is None or how_many_customers(cx):
                return None
        folder.mkdir(parents=True, exist_ok=True)
        bought, moved = purchases(now)
        write_customers(people, bought, catalog)
        write_purchases(orders, bought, said)
        (folder / "moved.txt").write_text(f"{moved} {max(each.day for each in bought)}\n")
    told = import_customers(
        system.database, people, catalog, now, progress=_of("customers", progress)
    )
    happened = import_events(
        system.database,
        orders,
        catalog,
        now,
        event=said.event if said else None,
        progress=_of("purchases", progress),
    )
    days, _, last = (folder / "moved.txt").read_text().strip().partition(" ")
    return Brought(
        customers=told.new,
        purchases=happened.new,
        moved_days=int(days),
        last_day=date.fromisoformat(last),
        was_known=told.was_known and happened.was_known,
    )


def _of(what: str, progress: Progress) -> Callable[[int, int, int], None]:
    return lambda _rows, done, size: progress(what, done, size)
