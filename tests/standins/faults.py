"""Misbehaviour on demand: what a provider may do to a request, before or after taking it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web


class Deed(StrEnum):
    """What is done instead of answering."""

    ANSWER = "answer"
    #: Closes the connection without a word.
    DROP = "drop"
    #: Never answers.
    HANG = "hang"
    #: Answers one byte at a time, for ever.
    DRIP = "drip"
    #: Writes these bytes as they are, then closes: broken, truncated, endless answers.
    SAY = "say"


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Fault:
    """One misbehaviour, for the next request that holds `about` in its body."""

    deed: Deed
    after_acceptance: bool = False
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    about: str = ""
    #: Done as soon as whoever asked waits for an answer that will not come.
    then: Callable[[], None] = _nothing

    async def commit(self, request: web.Request) -> web.StreamResponse:
        """Do to the request what the fault is."""
        transport = request.transport
        match self.deed:
            case Deed.ANSWER:
                return web.Response(status=self.status, headers=dict(self.headers), body=self.body)
            case Deed.HANG:
                self.then()
                await asyncio.sleep(3600)
            case Deed.DRIP:
                head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
                for place, byte in enumerate(head + b" " * 1_000_000):
                    if transport is None or transport.is_closing():
                        break
                    transport.write(bytes([byte]))
                    if place == len(head) // 2:
                        self.then()
                    await asyncio.sleep(0.01)
            case Deed.SAY:
                if transport is not None:
                    transport.write(self.body)
                    await asyncio.sleep(0.01)
                    transport.close()
            case Deed.DROP:
                if transport is not None:
                    transport.abort()
        return web.Response()


class Faults:
    """The faults that wait for requests, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()

    def add(self, *faults: Fault) -> None:
        """Queue faults."""
        self._waiting.extend(faults)

    def next_for(self, body: str) -> Fault | None:
        """Take the first fault that this request is meant for; None if there is none."""
        for fault in self._waiting:
            if fault.about in body:
                self._waiting.remove(fault)
                return fault
        return None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Fault:
        """Read a fault from JSON, for tests in another process."""
        return Fault(
            deed=Deed(raw["deed"]),
            after_acceptance=bool(raw.get("after_acceptance")),
            status=int(raw.get("status", 500)),
            headers=raw.get("headers", {}),
            body=str(raw.get("body", "")).encode(),
            about=raw.get("about", ""),
        )


def answers(
    status: int,
    body: bytes | str = b"",
    *,
    after_acceptance: bool = False,
    about: str = "",
    **headers: str,
) -> Fault:
    """Answer with this status and body; header names are written with `_` for `-`."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(Deed.ANSWER, after_acceptance, status, named, content, about)


def drops(*, after_acceptance: bool, about: str = "") -> Fault:
    """Close the connection without an answer."""
    return Fault(Deed.DROP, after_acceptance, about=about)


def hangs(*, after_acceptance: bool, about: str = "", then: Callable[[], None] = _nothing) -> Fault:
    """Never answer."""
    return Fault(Deed.HANG, after_acceptance, about=about, then=then)


def drips(*, after_acceptance: bool, about: str = "", then: Callable[[], None] = _nothing) -> Fault:
    """Answer without end, a byte at a time."""
    return Fault(Deed.DRIP, after_acceptance, about=about, then=then)


def says(raw: bytes, *, after_acceptance: bool, about: str = "") -> Fault:
    """Write these bytes as the whole answer, then close."""
    return Fault(Deed.SAY, after_acceptance, body=raw, about=about)
