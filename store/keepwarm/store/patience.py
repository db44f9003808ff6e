"""Patience: how long whoever asks would wait for a PostgreSQL that is silent.

A server whose processes are frozen (its machine is paused, its disk hangs) keeps its connections
open: the kernel beneath it goes on answering, so neither keepalives nor time limits of its own end
a wait for it. Whoever works waits as long as that lasts, and then goes on as if nothing had been.
Whoever is asked, and will be asked again, says so instead: it asks for patience.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import psycopg


class Silent(psycopg.OperationalError):
    """The server did not answer as long as whoever asked would wait."""


#: How soon a server that is silent is asked again, by one of those who come.
_ASKED_AGAIN_AFTER: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long somebody waits."""

    #: Until a connection is made, or one that lay idle has answered.
    for_a_sign: timedelta
    #: Until a statement has been answered; None waits however long it takes.
    for_a_statement: timedelta | None = None


_patience: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def waiting_at_most(patience: Patience | None) -> Iterator[None]:
    """Let what is done in the block, and in threads that it hands work to, wait no longer."""
    before = _patience.set(patience)
    try:
        yield
    finally:
        _patience.reset(before)


def own_patience() -> Patience | None:
    """Give how long this caller waits; None waits for ever."""
    return _patience.get()


@dataclass(slots=True)
class Silence:
    """Whether a server is known to be silent, so that not everybody waits to find it so."""

    up_for: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _is_known: bool = field(init=False, default=False)
    _asked_at: float = field(init=False, default=0)
    #: The thread that asks just now.
    _asks: int | None = field(init=False, default=None)

    def note(self, *, is_silent: bool) -> None:
        """Note whether it answered somebody."""
        with self._lock:
            self._is_known, self._asked_at, self._asks = is_silent, self.up_for(), None

    def refuse(self) -> None:
        """Refuse who would not wait, but for one in a second, who asks whether it still is so."""
        if not self._is_known or own_patience() is None:
            return
        with self._lock:
            me, now = threading.get_ident(), self.up_for()
            if self._asks == me:
                return
            if now - self._asked_at < _ASKED_AGAIN_AFTER.total_seconds():
                raise Silent("the server did not answer when it was asked last")
            self._asked_at, self._asks = now, me
