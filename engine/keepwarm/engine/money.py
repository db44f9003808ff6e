"""What messages cost, and amounts of money as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

from keepwarm.schema.words import Channel

#: What a thousand messages of a channel cost: (channel, amount, currency).
Prices: TypeAlias = tuple[tuple[Channel, Decimal, str], ...]

#: Digits behind the point: as many as a cent has, and no more than anybody would compare.
_FEWEST: Final = 2
_MOST: Final = 8


def amounts_said(*amounts: Decimal) -> tuple[str, ...]:
    """Give amounts side by side, with two digits behind the point or as many as they need.

    They need more where two would make nothing of one, or the same of two that differ.
    """
    said: tuple[str, ...] = ()
    for digits in range(_FEWEST, _MOST + 1):
        said = tuple(f"{amount:,.{digits}f}" for amount in amounts)
        is_nothing = [not each.strip("0.,-") for each in said]
        tells_apart = len(set(said)) == len(set(amounts))
        if tells_apart and is_nothing == [not amount for amount in amounts]:
            break
    return said
