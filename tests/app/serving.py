"""The web over a world, on a real socket."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvicorn

from keepwarm.app.oidc.provider import IdentityProvider
from keepwarm.app.web.connections import BoundedProtocol
from keepwarm.app.web.service import Service, make_service
from keepwarm.connectors.sources.contract import Source
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS, wait_for


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Site:
    """A running web, and what it told of."""

    world: World
    port: int
    rung: list[None] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    provider: IdentityProvider | None = None

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """Post JSON, or a form where the body is a text."""
        if isinstance(body, (str, bytes)):
            kind, sent = "application/x-www-form-urlencoded", body
        else:
            kind, sent = "application/json", json.dumps(body)
        return self.ask("POST", path, sent, {"Content-Type": kind, **headers})

    def submit(self, path: str, **form: str) -> Answer:
        return self.post(path, urlencode(form))

    def ask(
        self, method: str, path: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            found: dict[str, str] = {}
            for header, value in answer.getheaders():
                name = header.lower()
                # Cookies may be several; each has a line of its own.
                found[name] = f"{found[name]}\n{value}" if name in found else value
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()


@contextmanager
def serving(
    world: World,
    write_key: str | None = None,
    *,
    is_private: bool = True,
    sources: Mapping[str, Source] | None = None,
    provider: IdentityProvider | None = None,
) -> Iterator[Site]:
    """Serve a world's web while the block runs."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    site = Site(world, bound.getsockname()[1], provider=provider)
    service = Service(
        system=world.system,
        notify=lambda: site.rung.append(None),
        woken=site.woken.append,
        write_key=write_key,
        session_key=b"a key for the sessions of a test",
        is_private=is_private,
        sources=sources or {},
        provider=provider,
    )
    config = uvicorn.Config(
        make_service(service), http=BoundedProtocol, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield site
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        bound.close()
