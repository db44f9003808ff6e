"""The outbox: the connector of every channel where no provider is set.

Nothing leaves the machine. A message counts as sent when the commit that records it counts, and
`keepwarm` shows it in the browser, so that a whole playbook can be watched with no key at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from keepwarm.connectors.contract import Limits
from keepwarm.connectors.settings import About, Surroundings
from keepwarm.engine.message import Channel, Message
from keepwarm.engine.outcome import Accepted, SendResult

_TAKEN: Final = Accepted("outbox")


class Outbox:
    """Takes every message and keeps it where it is: in our own store."""

    name = "outbox"
    channels = frozenset(Channel)
    limits = Limits(batch=1000, at_once=1, idempotent=True, transactional=True)
    about = About(
        title="Outbox",
        settings=(),
        promises=(
            "Takes every message of every channel, and sends none: they are shown in the browser.",
            "Acceptance is the commit that records it, so no outcome is ever unknown.",
        ),
        unknown_settles_by="There are no unknown outcomes: nothing leaves the process.",
    )

    def __init__(self, given: Surroundings) -> None:
        """Make the outbox, which needs no setting."""

    async def send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Take them all; none needs a name, since nobody calls back."""
        return [_TAKEN] * len(messages)

    async def close(self) -> None:
        """Let go of nothing."""
