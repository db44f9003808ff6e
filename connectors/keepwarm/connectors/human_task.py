"""The inbox of tasks for people: the edge at which a task is handed over.

A task itself is a row of our store, and the app shows it to its team. This connector takes it in
the same process and names it; a company that keeps its tasks elsewhere (a help desk, a CRM) puts
a connector of its own here, under the same contract.
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwarm.connectors.contract import Limits
from keepwarm.connectors.settings import About, Surroundings
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Accepted, SendResult


class HumanTask:
    """Takes every task into the built-in inbox."""

    name = "human_task"
    #: No channel leads here: a `task:` step names the connector itself.
    channels: frozenset[Channel] = frozenset()
    limits = Limits(batch=1000, at_once=1, idempotent=True, transactional=True)
    about = About(
        title="Tasks for people",
        settings=(),
        promises=(
            "Takes every task into the built-in inbox, under the reference task:<send id>.",
            "Acceptance is the commit that records it, so no outcome is ever unknown.",
        ),
        unknown_settles_by="There are no unknown outcomes: nothing leaves the process.",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the inbox's edge, which needs no setting."""

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Take them all, each under the reference that the inbox shows."""
        return [Accepted(f"task:{message.send_id}") for message in messages]

    async def close(self) -> None:
        """Let go of nothing."""
