"""Who answers by name for a change before it goes live (`approvers` of `policies.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may approve what: teams of the catalog and people's addresses; empty for anybody."""

    #: Offers, points, budgets and what they cost.
    money: tuple[str, ...] = ()
    #: Kinds, topics, consents, limits, guardrails, going live.
    permission: tuple[str, ...] = ()
    #: A channel that a playbook did not use before.
    channel: tuple[str, ...] = ()
