"""Connections that say nothing, or say it slowly: none is waited for without end, nor too many."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

#: How long a connection may be silent before a request, or stop in the middle of its head.
_SILENT_SECONDS: Final = 10.0
#: With more connections than this, the one that was silent longest makes room for the next.
_MOST_AT_ONCE: Final = 500
#: Which came first is told by number: uvloop's clock stands still within a turn of its loop.
_numbers: Final = count()


class BoundedProtocol(H11Protocol):
    """Uvicorn's own protocol, which by itself waits as long, and for as many, as anybody likes."""

    _number: int
    _request: RequestResponseCycle | None = None
    _looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request, for a while."""
        self._number = next(_numbers)
        # A server of TCP makes no other kind.
        super().connection_made(cast("asyncio.Transport", transport))
        self._looking = self.loop.call_later(_SILENT_SECONDS, self._look)
        if len(self.connections) > _MOST_AT_ONCE:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """End the connection if no request has come since the last look, and none is answered."""
        request = self.request()
        is_idle = request is None or request.response_complete
        if is_idle and request is self._request:
            self.transport.close()
            return
        self._request = request
        self._looking = self.loop.call_later(_SILENT_SECONDS, self._look)

    def _make_room(self) -> None:
        # One that was closed in this very turn of the loop is still among them.
        connections = [
            each
            for each in self.connections
            if isinstance(each, BoundedProtocol) and not each.transport.is_closing()
        ]
        if len(connections) <= _MOST_AT_ONCE:
            return
        silent = [each for each in connections if each.request() is None]
        oldest = min(silent, key=BoundedProtocol.number, default=None)
        if oldest is not None:
            oldest.transport.close()

    def request(self) -> RequestResponseCycle | None:
        """Give the latest request; None while there was none, which Uvicorn's types leave out."""
        return cast("RequestResponseCycle | None", self.cycle)

    def number(self) -> int:
        """Give how many connections were made before this one."""
        return self._number
