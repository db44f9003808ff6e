"""The service is killed while events stream in: what was acknowledged is there, once."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import signal
import socket
import threading
import time
from pathlib import Path

import uvicorn

from keepwarm.app.web.service import Service, make_service
from keepwarm.flows.arrivals import take_in
from keepwarm.store.database import open_database
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS, wait_for

KILLS, SENDERS, ITEMS = 2, 3, 50
SECONDS_OF_LOAD = 0.7


def serve(url: str, folder: Path, bound: socket.socket) -> None:
    """Be the service: take events in at the door, and work them off meanwhile."""
    world = World(open_database(url), folder)
    arrived = threading.Event()

    def work_off() -> None:
        while True:
            arrived.wait(0.05)
            arrived.clear()
            take_in(world.system)

    threading.Thread(target=work_off, daemon=True).start()
    service = Service(
        system=world.system, notify=arrived.set, woken=lambda _: None, session_key=b""
    )
    config = uvicorn.Config(make_service(service), log_config=None, lifespan="off")
    uvicorn.Server(config).run(sockets=[bound])


class Load:
    """Posts batches until told to end, and knows which were acknowledged."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends = threading.Event()
        self.acknowledged: set[str] = set()
        self.told: list[dict[str, object]] = []
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def goes_on(self) -> None:
        """Wait until another batch is acknowledged."""
        enough = len(self.acknowledged) + ITEMS
        wait_for(lambda: len(self.acknowledged) >= enough)

    def end(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _post(self, sender: int) -> None:
        number = 0
        batch: list[dict[str, object]] = []
        while not self._ends.is_set():
            if not batch:
                number += 1
                batch = [_event(f"{sender}-{number}-{place}") for place in range(ITEMS)]
                self.told += batch
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
                connection.request("POST", "/v1/batch", json.dumps({"batch": batch}))
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # it is dead; the same batch is sent again, as clients do
                continue
            finally:
                connection.close()
            if status in (429, 503):
                time.sleep(0.1)  # it is too fast, or the database too slow: it is sent again
                continue
            assert status == 200
            self.acknowledged |= {str(each["messageId"]) for each in batch}
            batch = []


def _event(name: str) -> dict[str, object]:
    return {"type": "track", "userId": f"c{name[-2:]}", "event": "logged_in", "messageId": name}


def test_what_was_acknowledged_survives_being_killed(world: World, url: str) -> None:
    world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    world.apply()
    # Nobody else gets the port while no service has it.
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    context = multiprocessing.get_context("spawn")
    load = Load(bound.getsockname()[1])
    for _ in range(KILLS):
        service = context.Process(target=serve, args=(url, world.folder, bound))
        service.start()
        load.goes_on()
        time.sleep(SECONDS_OF_LOAD)
        os.kill(service.pid or 0, signal.SIGKILL)
        service.join(PATIENCE_SECONDS)
    bound.close()
    load.end()
    _hold_against_what_is_kept(world, load)


def _hold_against_what_is_kept(world: World, load: Load) -> None:
    take_in(world.system)
    kept = [name for (name,) in world.rows("SELECT source_id FROM event")]
    assert len(kept) == len(set(kept))
    assert load.acknowledged - set(kept) == set()
    assert set(kept) <= {each["messageId"] for each in load.told}
    assert len(load.acknowledged) >= KILLS * ITEMS
