"""Pauses between tries: twice as long each time, up to a longest."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: There may be any number of tries, and a power of two of it would be no timedelta any more.
_MOST_DOUBLINGS: Final = 16


def doubled_pause(first: timedelta, tries: int, longest: timedelta) -> timedelta:
    """Give how long to wait: the first pause, doubled with each try since, at most the longest."""
    doubled: int = 2 ** min(tries, _MOST_DOUBLINGS)
    return min(first * doubled, longest)
