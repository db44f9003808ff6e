"""How fast this machine is just now: what takes a second where our figures are from may take ten.

Processor time is not the same everywhere either: others on the same core make it longer.
"""

from __future__ import annotations

import time
from typing import Final

#: What the yardstick took where our figures are from.
_USUAL_SECONDS: Final = 0.010


def is_within(limit_seconds: float, took_seconds: float) -> bool:
    """Tell whether work would have taken no more processor time where our figures are from."""
    return took_seconds < limit_seconds or took_seconds < limit_seconds * slowness()


def slowness() -> float:
    """Give how many times longer this machine takes now for the same work; 1 where it is faster."""
    return max(1.0, *(_yardstick() / _USUAL_SECONDS for _ in range(5)))


def _yardstick() -> float:
    """Give the processor time of some work such as ours: words, numbers, and what holds them."""
    began = time.thread_time()
    words = {f"word {number}": (number, str(number)) for number in range(20_000)}
    assert sum(len(text) + number for number, text in words.values())
    assert sorted(words, key=str.upper)
    return time.thread_time() - began
