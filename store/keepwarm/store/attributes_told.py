"""What sources tell out of order: of one attribute what happened last counts, whenever it comes.

Providers post each change by itself, and promise no order. So it is kept as of when a source told
each attribute of a customer; what is older and comes later changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import Connection, text

from keepwarm.store.ids import id_list, in_ids
from keepwarm.store.moments import to_micros

#: (key of the customer, source, name of the attribute)
_Place: TypeAlias = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class AttributesTold:
    """That a source told some attributes of a customer, as of a moment."""

    customer_id: int
    source: str
    at: datetime
    names: Collection[str]


def newest(cx: Connection, tellings: Sequence[AttributesTold]) -> list[frozenset[str]]:
    """Give the names of each telling that nothing later was told of, and keep that it was told.

    What was told of the same moment counts in the order in which it comes.
    """
    if not tellings:
        return []
    known = _known(cx, sorted({each.customer_id for each in tellings}))
    found: list[frozenset[str]] = []
    changed: dict[_Place, int] = {}
    for each in tellings:
        at = to_micros(each.at)
        places = {name: (each.customer_id, each.source, name) for name in each.names}
        kept = frozenset(name for name, place in places.items() if known.get(place, at) <= at)
        known |= {places[name]: at for name in kept}
        changed |= {places[name]: at for name in kept}
        found.append(kept)
    _keep(cx, changed)
    return found


def _known(cx: Connection, ids: Sequence[int]) -> dict[_Place, int]:
    rows = cx.execute(
        text(
            "SELECT customer_id, source, name, at FROM attribute_told"
            f" WHERE customer_id {in_ids(cx)}"
        ).bindparams(id_list(cx, ids))
    )
    return {(customer, source, name): at for customer, source, name, at in rows}


def _keep(cx: Connection, told: dict[_Place, int]) -> None:
    rows = [
        {"customer_id": customer, "source": source, "name": name, "at": at}
        for (customer, source, name), at in sorted(told.items())
    ]
    if rows:
        cx.execute(text(f"{_INSERT} VALUES (:customer_id, :source, :name, :at) {_LATER}"), rows)


def merge_attributes_told(cx: Connection, kept: int, gone: int) -> None:
    """Let what was told of one customer count as told of another, who is the same."""
    select = "SELECT CAST(:kept AS BIGINT), source, name, at FROM attribute_told"
    values = {"kept": kept, "gone": gone}
    cx.execute(text(f"{_INSERT} {select} WHERE customer_id = :gone {_LATER}"), values)
    cx.execute(text("DELETE FROM attribute_told WHERE customer_id = :gone"), {"gone": gone})


_INSERT: Final = "INSERT INTO attribute_told (customer_id, source, name, at)"
_LATER: Final = (
    "ON CONFLICT (customer_id, source, name) DO UPDATE SET at ="
    " CASE WHEN excluded.at > attribute_told.at THEN excluded.at ELSE attribute_told.at END"
)
