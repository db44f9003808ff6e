"""Connections that say nothing, too much or too slowly keep nobody else from being served."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keepwarm.app.web import connections, guard
from keepwarm.store.database import Database, Dialect
from tests.app.serving import Site, serving
from tests.app.test_ingest import BOUGHT, waiting
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS, wait_for

ITEM = json.dumps(BOUGHT).encode()
HEAD = b"POST /v1/track HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    with serving(World(sqlite_database, tmp_path / "playbooks")) as running:
        yield running


def connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_SECONDS)


def answer(site: Site, *parts: bytes) -> bytes:
    """Send bytes, and give all that comes back until the other side ends."""
    received = b""
    with connect(site) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while more := connection.recv(65_536):
                received += more
        except ConnectionError:
            pass
    return received


def test_a_body_may_come_in_chunks_without_a_length(site: Site) -> None:
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, ITEM[:9], len(ITEM) - 9, ITEM[9:])
    told = HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks
    assert answer(site, told).startswith(b"HTTP/1.1 200")
    assert waiting(site) == 1


def test_a_body_without_end_is_cut_off(site: Site) -> None:
    chunk = b"%x\r\n%b\r\n" % (2**20, b"a" * 2**20)
    answer(site, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 8)
    assert waiting(site) == 0
    assert site.get("/health").status == 200


@pytest.mark.parametrize(
    "lies", [b"Content-Length: -1\r\n\r\n", b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
             b"Content-Length: 1x\r\n\r\n", b"Transfer-Encoding: gzip, chunked\r\n\r\n"],
)  # fmt: skip
def test_a_length_that_is_none_is_refused(site: Site, lies: bytes) -> None:
    status = answer(site, HEAD + lies)[9:12]
    assert status in (b"400", b"501")


def test_whatever_is_said_of_its_kind_json_is_taken(site: Site) -> None:
    """A page's last words (`sendBeacon`) come as text, so that browsers need not ask before."""
    for number, kind in enumerate(("text/plain", "application/x-www-form-urlencoded", "nonsense")):
        told = json.dumps({**BOUGHT, "messageId": f"k{number}"})
        assert site.ask("POST", "/v1/track", told, {"Content-Type": kind}).status == 200
    assert site.ask("POST", "/v1/track", b"user=anna", {}).status == 400


def test_a_body_that_comes_too_slowly_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_BODY_WITHIN_SECONDS", 0.2)
    assert answer(site, HEAD + b"Content-Length: 50\r\n\r\n{").startswith(b"HTTP/1.1 408")


def test_a_connection_that_says_nothing_or_half_is_ended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_SILENT_SECONDS", 0.2)
    assert answer(site) == b""
    assert answer(site, b"POST /v1/tra") == b""
    # On a busy machine this test may itself say nothing for too long, and is then not answered.
    asks = (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /he")
    assert wait_for(lambda: answer(site, *asks)).startswith(b"HTTP/1.1 200")


def test_a_crowd_that_says_nothing_makes_room_for_who_speaks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_MOST_AT_ONCE", 20)
    monkeypatch.setattr(connections, "_SILENT_SECONDS", 600.0)
    with ExitStack() as crowd:
        silent = [crowd.enter_context(connect(site)) for _ in range(120)]
        assert site.post("/v1/track", BOUGHT).status == 200
        assert [each.recv(1) for each in silent[:101]] == [b""] * 101


def test_nul_is_no_name_of_anything(world: World) -> None:
    """PostgreSQL cannot hold it: what it refuses is told as what it is."""
    with serving(world) as site:
        for path in ("/outbox?customer=%00", "/explain?customer=%00", "/tasks?assignee=%00"):
            assert site.get(path).status == 404
        told = (
            site.post("/explain", "customer=%00").status,
            site.post("/sign-in", "email=%00&password=x").status,
        )
        assert told == ((404, 401) if world.database.dialect is Dialect.SQLITE else (422, 422))
