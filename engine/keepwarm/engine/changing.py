"""What a decision changes in a customer's facts: one meaning, in the store and in a replay."""

from __future__ import annotations

from collections.abc import Mapping

from keepwarm.engine.facts import Value
from keepwarm.engine.run import FactsChanged, PointsAdded, TagChanged


def changed_facts(
    change: FactsChanged | TagChanged | PointsAdded, known: Mapping[str, Value]
) -> dict[str, Value]:
    """Give the facts that a change sets, seen from what is known."""
    match change:
        case FactsChanged(values=values):
            return dict(values)
        case TagChanged():
            return {change.attribute: _tagged(known.get(change.attribute), change)}
        case PointsAdded():
            return {"points": _with_points(known.get("points"), change)}


def _tagged(before: Value | None, change: TagChanged) -> list[str]:
    tags = [tag for tag in before if tag != change.tag] if isinstance(before, list) else []
    return tags if change.remove else [*tags, change.tag]


def _with_points(before: Value | None, change: PointsAdded) -> int | float:
    held = before if isinstance(before, int | float) and not isinstance(before, bool) else 0
    total = held + float(change.points)
    return int(total) if total == int(total) else total
