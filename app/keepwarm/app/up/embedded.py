"""All that runs in `keepwarm up`: Prefect's server, the foreman and the web, started and ended."""

from __future__ import annotations

import fcntl
import logging
import socket
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

import uvicorn

from keepwarm.app.settings import Settings, make_home, set_environment
from keepwarm.app.up.log_file import LogFile
from keepwarm.app.web.connections import BoundedProtocol
from keepwarm.app.web.service import Service, make_service
from keepwarm.app.wiring import make_system, provider_of, secret_of, sources_of
from keepwarm.flows.arrivals import take_in
from keepwarm.flows.drops import Drops
from keepwarm.flows.prefect.server import (
    CLIENT,
    PrefectServer,
    ServerRefused,
    environment,
    free_port,
    is_loopback,
    one_certificate,
)
from keepwarm.flows.system import System

if TYPE_CHECKING:
    from keepwarm.flows.prefect.foreman import Foreman

_WEB_WITHIN_SECONDS: Final = 120.0
#: How long a start waits for Prefect before it says that the work goes on without it.
_PREFECT_WITHIN_SECONDS: Final = 30.0
_WEB_ENDS_WITHIN_SECONDS: Final = 3.0
_LOOK_FOR_DROPS_EVERY_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class UpRefused(Exception):
    """It cannot be started; says why, and what to do."""


@dataclass(slots=True)
class Bell:
    """Tells the foreman of arrivals, and of playbooks whose runs a person woke."""

    foreman: Foreman | None = None
    _woken: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ring(self) -> None:
        """Say that something arrived."""
        if self.foreman is not None:
            self.foreman.notify()

    def wake(self, playbook: str) -> None:
        """Say that a run of the playbook may go on."""
        with self._lock:
            self._woken.add(playbook)
        self.ring()

    def take_in(self, system: System) -> Collection[str]:
        """Work off the inbox, and name the playbooks with work from it or from people."""
        with self._lock:
            woken, self._woken = self._woken, set()
        return take_in(system) | woken


@dataclass(slots=True)
class Embedded:
    """What runs, with what it runs on."""

    settings: Settings
    system: System
    bell: Bell
    #: None when a Prefect server is running already, elsewhere.
    server: PrefectServer | None
    #: Where people find Prefect's pages.
    prefect_url: str
    _lock: IO[str]
    _socket: socket.socket
    _dropping: threading.Event = field(default_factory=threading.Event)
    _web: uvicorn.Server | None = None
    _web_thread: threading.Thread | None = None

    def start_web(self) -> None:
        """Answer requests."""
        service = Service(
            system=self.system,
            notify=self.bell.ring,
            woken=self.bell.wake,
            write_key=self.settings.write_key,
            session_key=secret_of(self.settings).derived("sessions"),
            is_private=not is_open_to_others(self.settings),
            trusted_proxies=self.settings.trusted_proxies,
            sources=sources_of(self.settings),
            provider=provider_of(self.settings),
        )
        config = uvicorn.Config(
            make_service(service),
            http=BoundedProtocol,
            ws="none",
            log_config=None,  # what it says goes where ours goes
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            server_header=False,
            # Whoever passes requests on is not this machine: pages look at that themselves.
            proxy_headers=False,
        )
        web = self._web = uvicorn.Server(config)
        self._web_thread = threading.Thread(
            target=web.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )
        self._web_thread.start()
        if not _comes_true(lambda: web.started, _WEB_WITHIN_SECONDS):
            raise UpRefused("the web did not come up in time; see keepwarm.log")

    def start_work(self) -> str | None:
        """Begin to work, and give Prefect a while to answer.

        Gives what is wrong if it does not: then the work is done without it, until it does.
        """
        trouble = None
        try:
            if self.server is not None:
                self.server.wait_until_healthy()
        except ServerRefused as refused:
            trouble = str(refused)
        # Only now: Prefect reads its environment when it is imported.
        from keepwarm.flows.prefect.foreman import Foreman

        _log_to(self.settings.home / "keepwarm.log")  # Prefect has put its own in its place
        foreman = Foreman(
            self.system, self.bell.take_in, base_url=self.settings.public_url, server=self.server
        )
        foreman.start()
        self.bell.foreman = foreman
        answers = trouble is None and _comes_true(
            lambda: foreman.shop.kept_client is not None, _PREFECT_WITHIN_SECONDS
        )
        return None if answers else trouble or f"{self.prefect_url} does not answer"

    def start_taking_drops(self) -> None:
        """Look for files that somebody drops, from now on."""
        drops = Drops(self.system, self.settings.home / "drops")

        def look() -> None:
            while not self._dropping.wait(_LOOK_FOR_DROPS_EVERY_SECONDS):
                try:
                    if drops.look():
                        self.bell.ring()
                except Exception as error:  # noqa: BLE001 - it is looked again, whatever it was
                    # Its name alone: what it says may hold a customer's words.
                    _log.error("dropped files cannot be taken: %s", type(error).__name__)

        threading.Thread(target=look, name="drops", daemon=True).start()

    def stop(self) -> None:
        """End everything: web and work together, then what they lean on."""
        self._dropping.set()
        web = threading.Thread(target=self._stop_web)
        web.start()
        if self.bell.foreman is not None:
            self.bell.foreman.stop()
        web.join()
        if self.server is not None:
            self.server.stop()
        self.system.database.close()
        self._lock.close()

    def _stop_web(self) -> None:
        if self._web is not None and self._web_thread is not None:
            self._web.should_exit = True
            self._web_thread.join(_WEB_ENDS_WITHIN_SECONDS)
        self._socket.close()


def embed(settings: Settings) -> Embedded:
    """Prepare everything, and let Prefect's server begin: it takes the longest.

    Raises:
        UpRefused: another one runs on the same data.
    """
    make_home(settings.home)
    lock = _alone(settings.home)
    _log_to(settings.home / "keepwarm.log")
    bound = _bound(settings.host, settings.port)
    settings = settings.at_port(int(bound.getsockname()[1]))
    server, prefect_url = _prefect(settings)
    return Embedded(settings, make_system(settings), Bell(), server, prefect_url, lock, bound)


def _alone(home: Path) -> IO[str]:
    try:
        lock = (home / "up.lock").open("w")
    except OSError as error:
        raise UpRefused(
            f"Nothing can be written in {home}: {error.strerror}. Mend that, or set KEEPWARM_HOME"
            " to another folder."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UpRefused(
            f"Keepwarm is running on {home} already. Use that one, or set KEEPWARM_HOME to"
            " another folder."
        ) from None
    return lock


def _log_to(path: Path) -> None:
    handler = LogFile(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("keepwarm", "uvicorn", "uvicorn.error"):
        log = logging.getLogger(name)
        log.handlers = [handler] if name != "uvicorn.error" else []
        log.propagate = name == "uvicorn.error"
        log.setLevel(logging.INFO if name == "keepwarm" else logging.WARNING)


def _bound(host: str, wanted: int) -> socket.socket:
    """Take the wanted port, or one that is free; whoever looks then sees that it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in (wanted, 0):
        found = socket.socket(family)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
            found.listen(256)
        except OSError:
            found.close()
            continue
        return found
    raise UpRefused(f"No port is free on {host}.")


def _prefect(settings: Settings) -> tuple[PrefectServer | None, str]:
    """Set Prefect's environment, and start its server unless there is one elsewhere."""
    if settings.prefect_api_url is not None:
        set_environment(CLIENT)
        return None, settings.prefect_api_url.removesuffix("/api")
    home = settings.home / "prefect"
    port = free_port(settings.prefect_port)
    set_environment({**environment(home, port), **one_certificate(home)})
    server = PrefectServer(home, port)
    server.start()
    return server, server.url


def _comes_true(is_so: Callable[[], bool], within_seconds: float) -> bool:
    """Wait until something is so, and tell whether it came about in time."""
    until = time.monotonic() + within_seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def is_open_to_others(settings: Settings) -> bool:
    """Tell whether other machines reach the web: by itself, or through what passes them on."""
    public = urlsplit(settings.public_url).hostname or ""
    return not (is_loopback(settings.host) and is_loopback(public))
