"""Hosts: network namespaces on one bridge, at which PostgreSQL and the providers listen.

A worker in one of them has a network stack of its own, and its link can be cut: then packets are
lost in both directions and nobody is told.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from aiohttp import web

from keepwarm.store.database import open_database
from tests.faults.city import City, city
from tests.faults.workers import Orders, work
from tests.store.databases import postgresql_source
from tests.waiting import PATIENCE_SECONDS

#: The bridge, and the network of all hosts.
ADDRESS = "10.213.77.1"
NETWORK = f"{ADDRESS}/24"
#: Of `setns`: the network alone.
_NEW_NETWORK = 0x40000000


@dataclass(frozen=True)
class Host:
    """A network namespace with a link to the bridge."""

    name: str
    link: str
    address: str

    def cut(self) -> None:
        """Cut its link."""
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        """Mend its link."""
        _ip("link", "set", self.link, "up")

    def begin(self, town: City) -> BaseProcess:
        """Start a worker in it, and give its process."""
        port = urlsplit(town.here.url).port
        process = get_context("forkserver").Process(
            target=work_at, args=(self.name, orders_at(town), port), daemon=True
        )
        process.start()
        return process


def work_at(host: str, orders: Orders, port: int) -> None:
    """Be a worker of a host, from whose loopback the providers are reached over its link."""
    there = os.open(f"/run/netns/{host}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.setns(there, _NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
    os.close(there)
    listening = threading.Event()
    threading.Thread(
        target=lambda: asyncio.run(_forward(port, listening)), daemon=True, name="link"
    ).start()
    assert listening.wait(PATIENCE_SECONDS)
    work(orders)


async def _forward(port: int, listening: threading.Event) -> None:
    """Pass on what comes to a port of this host's to the same port at the bridge."""

    async def serve(near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        far, ask = await asyncio.open_connection(ADDRESS, port)
        await asyncio.gather(_pass_on(near, ask), _pass_on(far, answer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    listening.set()
    await server.serve_forever()


async def _pass_on(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    try:
        while words := await source.read(65536):
            to.write(words)
            await to.drain()
    finally:
        to.close()


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """Make so many hosts and their bridge; skip where nobody may, and say why."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root, and the program ip")
    bridge = f"kw{os.getpid()}"
    made = [
        Host(f"{bridge}-{each}", f"{bridge}v{each}", f"10.213.77.{each + 2}")
        for each in range(count)
    ]
    with ExitStack() as undone:
        try:
            _ip("link", "add", bridge, "type", "bridge")
            undone.callback(_ip, "link", "del", bridge)
            _ip("addr", "add", NETWORK, "dev", bridge)
            _ip("link", "set", bridge, "up")
            for host in made:
                _ip("netns", "add", host.name)
                undone.callback(_ip, "netns", "del", host.name)
                _link(host, bridge)
        except subprocess.CalledProcessError as refused:
            pytest.skip(f"network namespaces cannot be made here: {refused.stderr.strip()}")
        yield made


def _link(host: Host, bridge: str) -> None:
    inside = ("-n", host.name)
    ends = ("type", "veth", "peer", "name", "eth0", "netns", host.name)
    _ip("link", "add", host.link, *ends)
    _ip("link", "set", host.link, "master", bridge, "up")
    _ip(*inside, "addr", "add", f"{host.address}/24", "dev", "eth0")
    _ip(*inside, "link", "set", "eth0", "up")
    _ip(*inside, "link", "set", "lo", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


# ── What listens at the bridge ───────────────────────────────────────────────────────────────


@contextmanager
def city_on_the_bridge(folder: Path) -> Iterator[City]:
    """Found a city whose database and providers the hosts reach."""
    with (
        postgresql_source() as source,
        source.url(folder) as url,
        _open_to_hosts(Path(source.host)),
    ):
        database = open_database(url)
        with city(database, url, folder) as made:
            _serve_hosts(made)
            yield made
        database.close()


def orders_at(town: City) -> Orders:
    """Give what a worker on a host is told: the same, and the database at the bridge."""
    name = town.world.database.engine.url.database
    return replace(town.orders(), url=f"postgresql+psycopg://postgres@{ADDRESS}/{name}")


def connections_from(town: City, host: Host) -> int:
    """Count the connections that PostgreSQL still holds open for a host."""
    engine = town.world.database.engine.url
    with psycopg.connect(host=str(engine.query["host"]), user="postgres", dbname="postgres") as cx:
        found = cx.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE client_addr = %s", (host.address,)
        ).fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def _open_to_hosts(folder: Path) -> Iterator[None]:
    """Have the server listen at the bridge too meanwhile, and let the hosts in."""
    with (folder / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {NETWORK} trust\n")
    _restart(folder, ADDRESS)
    try:
        yield
    finally:
        _restart(folder, "''")


def _restart(folder: Path, address: str) -> None:
    server = (folder / "postmaster.pid").read_text().splitlines()[0]
    control = Path(f"/proc/{server}/exe").resolve().with_name("pg_ctl")
    command = [str(control), "restart", "-w", "-m", "immediate", "-D", str(folder)]
    subprocess.run(
        [*command, "-l", "/dev/null", "-o", f"-h {address} -k {folder}"],
        check=True,
        capture_output=True,
        user=folder.stat().st_uid,
    )


def _serve_hosts(town: City) -> None:
    """Have the stand-ins answer at the bridge too, on the same port."""
    runner = town.here._runner
    assert runner is not None
    site = web.TCPSite(runner, ADDRESS, urlsplit(town.here.url).port)
    asyncio.run_coroutine_threadsafe(site.start(), town.loop).result(PATIENCE_SECONDS)
