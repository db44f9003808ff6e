"""What a condition's truth depends on besides the condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar

from keepwarm.engine.facts import Facts, Value

Derived = TypeVar("Derived")


@dataclass(frozen=True, slots=True)
class Situation:
    """One customer at one moment, and the run that asks."""

    facts: Facts
    now: datetime
    #: When the run began; None outside a run.
    started_at: datetime | None = None
    #: Named step -> how it ended: one word, or all that are true of it. Unended steps are absent.
    results: Mapping[str, str | frozenset[str]] = field(default_factory=dict)
    #: IANA name of the project's zone.
    timezone: str = "UTC"


#: Tells whether something holds in a situation. Attributes are read out of the mapping, which
#: holds an event's properties where the condition is about an event.
Asked: TypeAlias = Callable[[Situation, Mapping[str, Value]], bool]


def at_each_moment(derive: Callable[[datetime, str], Derived]) -> Callable[[Situation], Derived]:
    """Give what is derived from a situation's moment and zone, once for all that share them."""
    last: tuple[datetime, str, Derived] | None = None

    def derived(situation: Situation) -> Derived:
        nonlocal last
        known = last
        if (
            known is not None
            and (known[0] is situation.now or known[0] == situation.now)
            and known[1] == situation.timezone
        ):
            return known[2]
        result = derive(situation.now, situation.timezone)
        last = (situation.now, situation.timezone, result)
        return result

    return derived
