"""What the stand-ins of all HTTP providers share: a request in, a verdict out, faults between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.faults import Faults
from tests.standins.ledger import Entry, Ledger


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes
    #: The caller's port: requests over one connection share it.
    connection: int


@dataclass(frozen=True)
class Verdict:
    """What the provider decides: what it takes, and what it answers."""

    status: int
    body: Any = None
    taken: tuple[Entry, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Give the answer."""
        if isinstance(self.body, str):
            return web.Response(status=self.status, headers=dict(self.headers), text=self.body)
        content = b"" if self.body is None else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        return web.Response(status=self.status, headers=headers, body=content)


class Provider:
    """A provider under a path of its own. Subclasses judge calls by their documented rules."""

    name = ""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.faults = Faults()
        self.calls: list[Call] = []
        self.url = ""

    def judge(self, call: Call) -> Verdict:
        """Decide about a call. Pure but for the provider's own memory."""
        raise NotImplementedError

    @property
    def connections(self) -> set[int]:
        """The connections over which calls came."""
        return {call.connection for call in self.calls}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Take a request, note what was accepted, then answer or misbehave."""
        body = await request.read()
        peer = request.transport.get_extra_info("peername") if request.transport else None
        path = "/" + request.match_info["rest"]
        headers = {name.lower(): value for name, value in request.headers.items()}
        port = peer[1] if peer else 0
        call = Call(request.method, path, dict(request.query), headers, body, port)
        self.calls.append(call)
        fault = self.faults.next_for(body.decode(errors="replace"))
        if fault and not fault.after_acceptance:
            return await fault.commit(request)
        verdict = self.judge(call)
        self.ledger.add(*verdict.taken)
        if fault:
            return await fault.commit(request)
        return verdict.response()
