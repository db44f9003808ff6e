"""Looking host names up, each in a thread of its own, so that one that hangs holds up nothing else.

The system's look-up cannot be told to stop: where no name server answers it keeps its thread for
half a minute, whoever still waits. asyncio would have it use the few threads in which the
database's work is done, and a handful of such names would stop all of it.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from concurrent.futures import Future
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

_NUMERIC_NAME: Final = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
_NUMERIC_ADDRESS: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Resolver(AbstractResolver):
    """Asks the system, as aiohttp does by default; its client keeps answers, and asks once."""

    def __init__(self) -> None:
        """Begin with no look-up under way."""
        #: Hosts of which no answer came yet.
        self.looking_for: set[str] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses of a host.

        Raises:
            OSError: it is not known, nobody could be asked, or there is no thread to ask in.
        """
        found: Future[list[ResolveResult]] = Future()
        # A daemon, so that a process that ends does not wait for it.
        asking = threading.Thread(
            target=_look_up, args=(found, host, port, family), name=f"looks {host} up", daemon=True
        )
        self.looking_for.add(host)
        try:
            _start(asking)
            return await asyncio.wrap_future(found)
        finally:
            self.looking_for.discard(host)

    async def close(self) -> None:
        """Leave what is under way to its thread."""


def _start(asking: threading.Thread) -> None:
    try:
        asking.start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, "no thread could be started") from error


def _look_up(
    found: Future[list[ResolveResult]], host: str, port: int, family: socket.AddressFamily
) -> None:
    if not found.set_running_or_notify_cancel():
        return
    try:
        found.set_result(_addresses(host, port, family))
    except Exception as error:  # noqa: BLE001 - untold, who asked waits for ever
        found.set_exception(error)


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    addresses: list[ResolveResult] = []
    for kind, _, protocol, _, address in socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    ):
        # Asks nobody. It alone writes the zone of an address that is of one link.
        numeric, _ = socket.getnameinfo(address, _NUMERIC_NAME)
        addresses.append(
            ResolveResult(
                hostname=host,
                host=numeric,
                port=port,
                family=kind,
                proto=protocol,
                flags=_NUMERIC_ADDRESS,
            )
        )
    return addresses
