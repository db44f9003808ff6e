"""Answering while the database cannot be used, and saying why: at once, then once a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from keepwarm.store.unavailable import why_unavailable

_log = logging.getLogger(__name__)
_SAID_EVERY_SECONDS: Final = 60


@dataclass(slots=True)
class Complaints:
    """What is said in the log of requests that are refused; a thousand may come in a second."""

    up_for: Callable[[], float] = time.monotonic
    _said_at: float | None = field(init=False, default=None)
    #: How many were refused of which nothing was said.
    _unsaid: int = field(init=False, default=0)

    def note(self, error: Exception) -> None:
        """Note that a request was refused."""
        now = self.up_for()
        if self._said_at is not None and now - self._said_at < _SAID_EVERY_SECONDS:
            self._unsaid += 1
            return
        before = f", and {self._unsaid:,} since this was said last" if self._unsaid else ""
        why = why_unavailable(error)
        _log.warning("the database cannot be used, and a request was refused%s: %s", before, why)
        self._said_at, self._unsaid = now, 0
