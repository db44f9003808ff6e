"""What editors show of a fact besides its meaning: how it stands among the customers there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from keepwarm.engine.values import shown_number
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.suggestions import listed
from keepwarm.store.connection import Connection
from keepwarm.store.statistics import (
    EventStatistics,
    FactStatistics,
    SegmentStatistics,
    Statistics,
    read_statistics,
)


def live_facts(cx: Connection, catalog: Catalog, now: datetime) -> Mapping[str, str]:
    """Give a sentence for every fact of the catalog, by its name; none holds a personal value."""
    return {
        name: f"As of {now:%Y-%m-%d}: {_said(statistics)}."
        for name, statistics in read_statistics(cx, catalog, now)
    }


def _said(statistics: Statistics) -> str:
    match statistics:
        case EventStatistics(times=times, customers=customers, last_at=last_at):
            if last_at is None:
                return "it never happened"
            often, to = _counted(times, "time"), _counted(customers, "customer")
            return f"{often}, to {to}, the last on {last_at:%Y-%m-%d}"
        case SegmentStatistics(inside=inside, customers=customers):
            return f"{inside:,} of {_counted(customers, 'customer')} are in it"
        case FactStatistics(known=known, customers=customers):
            counted = f"known of {known:,} of {_counted(customers, 'customer')}"
            more = _more(statistics)
            return f"{counted}; {more}" if more else counted


def _more(facts: FactStatistics) -> str:
    if facts.top:
        return listed([f"{word} {count:,}" for word, count in facts.top], "and")
    if facts.lowest is None or facts.highest is None:
        return ""
    ends = f"from {_shown(facts.lowest)} to {_shown(facts.highest)}"
    if facts.middle is None:
        return ends
    return f"{ends}, half of them at most {_shown(facts.middle)}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else shown_number(value)
