"""Guardrails: when a playbook does more harm than its author allows, it falls back to shadow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from keepwarm.schema.playbook import Guardrail

#: A rate of fewer messages than this says nothing: one complaint of ten is 10 %.
FEWEST: Final = 100


def tripped(guardrails: Sequence[Guardrail], sent: int, counted: Mapping[str, int]) -> str | None:
    """Say which guardrail was passed; None when none was, or too little was sent to tell.

    `counted` is rate -> how many of the messages sent it counts.
    """
    if sent < FEWEST:
        return None
    for guardrail in guardrails:
        rate = counted.get(guardrail.rate, 0) / sent
        if rate > float(guardrail.above):
            return (
                f"{guardrail.rate} is {rate:.2%} of {sent:,} messages,"
                f" above {float(guardrail.above):.4g}"
            )
    return None
