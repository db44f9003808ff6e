"""A name server that does not answer holds up those alone who wait for it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from keepwarm.connectors.transport import NothingSent, Transport
from tests.standins import Standins
from tests.waiting import PATIENCE_SECONDS

#: More than asyncio has threads for what blocks.
MANY = 40
PATIENCE = timedelta(seconds=PATIENCE_SECONDS)


class Asked:
    """How many look-ups began."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)

    def wait_for(self, many: int) -> None:
        for _ in range(many):
            assert self.begun.acquire(timeout=PATIENCE_SECONDS)


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Have the system's look-up of `.example` wait until the test ends; give how many began."""
    asked = Asked()
    ends = threading.Event()
    looked_up = socket.getaddrinfo

    def look_up(host: str, *given: Any, **more: Any) -> Any:
        if not host.endswith(".example"):
            return looked_up(host, *given, **more)
        asked.begun.release()
        ends.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "nobody answered")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield asked
    ends.set()


async def test_names_that_nobody_answers_for_hold_up_no_others(
    nobody_answers: Asked, here: Standins, patience_ends: Callable[[], None]
) -> None:
    hooks = Transport(timeout=PATIENCE, at_once=MANY)
    provider = Transport(timeout=PATIENCE, at_once=1)
    url = here.receiver.url.replace("127.0.0.1", "localhost")
    calls = [
        asyncio.create_task(hooks.call("POST", f"https://hook-{number}.example/", headers={}))
        for number in range(MANY)
    ]
    with ThreadPoolExecutor(1) as waiting:
        await asyncio.get_running_loop().run_in_executor(waiting, nobody_answers.wait_for, MANY)

    assert await asyncio.to_thread(lambda: "the database's work")
    assert (await provider.call("POST", f"{url}/crm", headers={})).status
    patience_ends()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert {(type(each), str(each)) for each in results} == {
        (NothingSent, "the host name was not found in time")
    }
    await hooks.close()
    await provider.close()


async def test_a_name_for_which_there_is_no_thread_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    transport = Transport(timeout=PATIENCE, at_once=1)
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(NothingSent):
        await transport.call("POST", "https://hook.example/", headers={})
    monkeypatch.undo()
    await transport.close()
