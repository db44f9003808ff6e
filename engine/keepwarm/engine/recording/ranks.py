"""Where somebody stands among all customers, told so that every question about it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from keepwarm.schema.condition_reading import decimal_text, spelt
from keepwarm.schema.conditions import End, InShare

_PERCENT: Final = Decimal(100)
_TENTH: Final = Decimal("0.1")


def rank_of(asked: Mapping[InShare, bool]) -> str | None:
    """Give a rank that is within each share that held, and outside of each that did not.

    None where nothing was asked, or no rank fits all answers.
    """
    if not asked:
        return None
    # Of 0 to 1, the last of all customers to the first.
    lowest, highest = Decimal(0), Decimal(1)
    nearest: InShare | None = None
    for share, held in sorted(asked.items(), key=lambda each: each[0].share, reverse=True):
        limit = 1 - share.share if share.end is End.TOP else share.share
        if held == (share.end is End.TOP):
            lowest = max(lowest, limit)
        else:
            highest = min(highest, limit)
        nearest = share if held else nearest
    if lowest > highest:
        return None
    if nearest is not None:
        return spelt(nearest)
    middle = ((lowest + highest) / 2 * _PERCENT).quantize(_TENTH)
    return f"in the bottom {decimal_text(middle)}%"
