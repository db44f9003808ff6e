"""Prefect's own server, as Keepwarm runs it: on this machine, in a closed network, ended with us.

Imports nothing of Prefect, because what is set here must be in the environment before Prefect is
first imported. Run as a module, this is the process that the server lives in.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Final

DEFAULT_PORT: Final = 4200
_HEALTHY_WITHIN_SECONDS: Final = 120
_STOPPED_WITHIN_SECONDS: Final = 3
_OK: Final = 200
#: What a database of SQLite begins with.
_SQLITE: Final = b"SQLite format 3\x00"


class ServerRefused(Exception):
    """Prefect's server may not or cannot be started; says why and how to mend it."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(wanted: int = DEFAULT_PORT, host: str = "127.0.0.1") -> int:
    """Give the wanted port if nobody has it, or else one that is free."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerRefused(f"no port is free on {host}")


def environment(
    home: Path, port: int, *, host: str = "127.0.0.1", password: str | None = None
) -> dict[str, str]:
    """Give what must be in the environment before Prefect is imported, here and in its server.

    `home` is where Prefect keeps its own database; `password` is `user:secret`.

    Raises:
        ServerRefused: the address is open to others and no password is set.
    """
    if not is_loopback(host) and not password:
        raise ServerRefused(
            f"Prefect's pages would be open to everybody who reaches {host}; set a password"
            " (PREFECT_SERVER_API_AUTH_STRING=user:secret) or keep to 127.0.0.1"
        )
    guarded = (
        {"PREFECT_SERVER_API_AUTH_STRING": password, "PREFECT_API_AUTH_STRING": password}
        if password
        else {}
    )
    url_host = f"[{host}]" if ":" in host else host
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": f"http://{url_host}:{port}/api",
        "PREFECT_UI_URL": f"http://{url_host}:{port}",
        "PREFECT_SERVER_API_HOST": host,
        # Not only given to the server: its pages ask for it too.
        "PREFECT_SERVER_API_PORT": str(port),
        **_CLOSED_NETWORK,
        **CLIENT,
        **_SERVER,
        **guarded,
    }


#: Nothing leaves the machine.
_CLOSED_NETWORK: Final[Mapping[str, str]] = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}

#: What keeps runs quick and the terminal quiet, whosever the server is.
CLIENT: Final[Mapping[str, str]] = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_WORKER_PREFETCH_SECONDS": "0",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}

#: What keeps our own server's database small and its pages up to date.
_SERVER: Final[Mapping[str, str]] = {
    # Each run's own client would first ask for a token that this server does not give.
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "false",
    "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": '["events","flow_runs"]',
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "30d",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


def one_certificate(home: Path) -> dict[str, str]:
    """Give the setting that spares Prefect's client from reading all certificates for each run.

    For a server on this machine without TLS only: reading them costs 50 ms, three times a run.
    Prefect alone reads this setting; calls to providers are untouched.
    """
    import certifi

    path = home / "one-certificate.pem"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        end = "-----END CERTIFICATE-----\n"
        first, _, _ = Path(certifi.where()).read_text(encoding="ascii").partition(end)
        path.write_text(first + end, encoding="ascii")
    return {"PREFECT_API_SSL_CERT_FILE": str(path)}


@dataclass(slots=True)
class PrefectServer:
    """A server in a process of its own, which ends when this one does, however this one ends."""

    home: Path
    port: int
    host: str = "127.0.0.1"
    password: str | None = None
    #: A migrated, empty database: laid into a new home, and made there the first time.
    template: Path | None = None
    _process: subprocess.Popen[bytes] | None = None
    #: Which file its database is, as far as seen since it started.
    _database: int | None = None
    _log: IO[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        """Its process; None while it is not started."""
        return None if self._process is None else self._process.pid

    @property
    def url(self) -> str:
        """The address of its pages."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        database = self.home / "prefect.db"
        _put_aside_if_broken(database)
        self._database = None
        command = [sys.executable, "-m", __name__, f"--host={self.host}", f"--port={self.port}"]
        if self.template is not None and not database.exists():
            if self.template.exists():
                shutil.copyfile(self.template, database)
            else:
                command.append(f"--template={self.template}")
        settings = environment(self.home, self.port, host=self.host, password=self.password)
        self._log = (self.home / "server.log").open("ab")
        # It needs seconds before it listens: until then its port is kept from others.
        with _bound(self.host, self.port) as port:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*command, *([f"--socket={port.fileno()}"] if port else [])],
                env={**os.environ, **settings},
                # It ends when this pipe closes: by us, or by our death.
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=self._log,
                # The terminal's Ctrl-C is for us; we end it after our own work.
                start_new_session=True,
                pass_fds=[port.fileno()] if port else [],
            )

    def wait_until_healthy(self, within_seconds: float = _HEALTHY_WITHIN_SECONDS) -> None:
        """Wait until it answers.

        Raises:
            ServerRefused: it ended, or did not answer in time.
        """
        until = time.monotonic() + within_seconds
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise ServerRefused(f"Prefect's server ended; see {self.home / 'server.log'}")
            if self.is_healthy():
                return
            time.sleep(0.1)
        raise ServerRefused(
            f"Prefect's server did not answer at {self.url} within {within_seconds:.0f} s;"
            f" see {self.home / 'server.log'}"
        )

    def is_healthy(self) -> bool:
        """Tell whether it answers now."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"{self.url}/api/health", timeout=2
            ) as answer:
                return bool(answer.status == _OK)
        except (OSError, urllib.error.URLError):
            return False

    def revive(self) -> bool:
        """Start it again if it ended by itself or lost its database; tell whether that was so."""
        if self._process is None:
            return False
        has_ended = self._process.poll() is not None
        if not has_ended and not self._has_lost_its_database():
            return False
        self.stop()
        self.start()
        return True

    def _has_lost_its_database(self) -> bool:
        """Tell whether the file was taken away or overwritten, or another put into its place.

        The server itself would go on half with the old one and half with nothing, for ever.
        """
        there = _file_of(self.home / "prefect.db")
        if self._database is None:
            self._database = there
        return there != self._database

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        if self._process is None:
            return
        self._let_go()
        try:
            self._process.wait(_STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._log is not None:
            self._log.close()


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket | None]:
    """Take a port, at which nobody is heard yet; give None where it is taken, or the host none."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host, port))
        except OSError:
            yield None  # the server says what is wrong
            return
        yield taken


def _file_of(database: Path) -> int | None:
    """Give the number of a database's file; None where there is none, or it is no database."""
    try:
        with database.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
            return os.fstat(file.fileno()).st_ino if is_database else None
    except OSError:
        return None


def _put_aside_if_broken(database: Path) -> None:
    """Put a file aside that is no database: what Prefect shows is lost, and the work is not."""
    if not database.exists() or not database.stat().st_size or _file_of(database) is not None:
        return
    for end in ("", "-wal", "-shm"):
        part = database.with_name(database.name + end)
        if part.exists():
            part.replace(part.with_name(f"unreadable-{part.name}"))


# ── In the server's own process ──────────────────────────────────────────────────────────────


def _serve() -> None:
    said = argparse.ArgumentParser()
    said.add_argument("--host", required=True)
    said.add_argument("--port", type=int, required=True)
    said.add_argument("--socket", type=int)
    said.add_argument("--template", type=Path)
    asked = said.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if asked.template is not None:
        _make_template(asked.template)
    import uvicorn
    from prefect.server.api.server import create_app

    config = uvicorn.Config(
        create_app(final=True),
        host=asked.host,
        port=asked.port,
        log_level="warning",
        timeout_keep_alive=5,
        # Pages keep sockets open that would hold up the end.
        timeout_graceful_shutdown=2,
    )
    given = None if asked.socket is None else [socket.socket(fileno=asked.socket)]
    uvicorn.Server(config).run(given)


def _end_with_parent() -> None:
    """Wait until the other end of standard input is gone, then end this process in good order."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_STOPPED_WITHIN_SECONDS - 1)
    os._exit(1)


def _make_template(template: Path) -> None:
    """Migrate this home's new database, and keep a copy while nothing is in it."""
    import asyncio

    from prefect.server.database.dependencies import provide_database_interface

    async def migrate() -> None:
        database = provide_database_interface()
        await database.create_db()
        engine = await database.engine()
        await engine.dispose()

    asyncio.run(migrate())
    made = Path(os.environ["PREFECT_HOME"]) / "prefect.db"
    if made.exists() and not made.with_name("prefect.db-wal").exists():
        template.parent.mkdir(parents=True, exist_ok=True)
        part = template.with_suffix(f".{os.getpid()}")
        shutil.copyfile(made, part)
        part.replace(template)


if __name__ == "__main__":
    _serve()
