"""Setting aside: one run or message that cannot be read holds up none of the others.

A row that was damaged, or written by a newer Keepwarm, fails its whole batch. So the batch is made
smaller until that row is alone: it is put off for an hour, its owner is told, and the others go on.
It is tried again every hour, and goes on by itself once it can be read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from keepwarm.flows.notices import tell_owner
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally
from keepwarm.store.connection import Connection
from keepwarm.store.database import VALUES_REFUSED
from keepwarm.store.setting_aside import part_chunk, put_off_run

#: What comes of a row that is not as it must be. What a database or network does is none of it.
UNREADABLE: Final = (*VALUES_REFUSED, AttributeError)
_PUT_OFF: Final = timedelta(hours=1)

_log = logging.getLogger(__name__)


class ChunkUnreadable(Exception):  # noqa: N818 - named for what was found
    """A chunk could not be prepared, and nothing of it was done."""

    def __init__(self, chunk: int) -> None:
        """Say which chunk."""
        super().__init__(chunk)
        self.chunk = chunk

    def __str__(self) -> str:
        """Give the sentence."""
        return f"chunk {self.chunk} cannot be prepared"


def set_chunk_aside(system: System, playbook: str, found: ChunkUnreadable) -> None:
    """Part a chunk that cannot be prepared, or put off the one message that it has."""
    now = system.clock()
    with system.database.writing() as cx:
        message = part_chunk(cx, found.chunk, now, now + _PUT_OFF)
        if message is not None:
            _tell(cx, system, playbook, f"message {message}", found.__cause__ or found)


def in_smaller_batches(
    system: System, playbook: str, advance: Callable[[int], Tally | None], size: int
) -> Tally | None:
    """Advance fewer and fewer runs together, and put off the one that fails alone."""
    while size > 1:
        size = max(1, size // 10)
        try:
            return advance(size)
        except UNREADABLE as error:
            cause = error
    now = system.clock()
    with system.database.writing() as cx:
        run = put_off_run(cx, playbook, now, now + _PUT_OFF)
        if run is not None:
            _tell(cx, system, playbook, f"run {run}", cause)
    return Tally()


def _tell(cx: Connection, system: System, playbook: str, what: str, cause: BaseException) -> None:
    # Its words may quote a value, and so a person; its kind and place are enough to find it.
    words = (
        f"{what} cannot be read ({type(cause).__name__}), and waits; the others go on. It is tried"
        f" again every hour: look at its row, or whether a newer Keepwarm wrote it."
    )
    live = system.shelf.live(cx).get(playbook)
    if live is None:
        _log.error("%s", words)
    else:
        tell_owner(cx, system, live.plan, f"unreadable {what}", words)
