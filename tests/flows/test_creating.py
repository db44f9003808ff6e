"""A run is created once, however often it has to be asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

from prefect.client.base import PrefectHttpxAsyncClient
from prefect.client.orchestration import PrefectClient
from prefect.states import Scheduled

from keepwarm.flows.prefect.creating import create_run


async def test_a_connection_that_ends_when_it_is_used_again_is_asked_again_under_one_key() -> None:
    keys: list[Any] = []
    made = json.dumps({"id": str(uuid4()), "flow_id": str(uuid4()), "name": "a run"}).encode()

    async def answer(asked: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        head = (await asked.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split()[0])
        keys.append(json.loads(await asked.readexactly(length))["idempotency_key"])
        if len(keys) == 2:
            told.write(b"HTTP/1.1 503 Locked\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        if len(keys) == 3:
            told.write(b"HTTP/1.1 201 Made\r\nContent-Length: %d\r\n" % len(made))
            told.write(b"Connection: close\r\n\r\n" + made)
        told.close()
        await told.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    client = PrefectClient(api=f"http://{host}:{port}/api")
    assert isinstance(client._client, PrefectHttpxAsyncClient)
    client._client.enable_csrf_support = False
    run = await create_run(client, uuid4(), name="a run", parameters={}, state=Scheduled())
    await client._client.aclose()
    server.close()
    await server.wait_closed()

    assert run.name == "a run"
    assert len(keys) == 3
    assert len(set(keys)) == 1
