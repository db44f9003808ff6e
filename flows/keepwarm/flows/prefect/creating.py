"""Creating flow runs, also while Prefect's database is locked: as soon as it is not, and once."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

import httpx
from prefect.client.base import PrefectHttpxAsyncClient
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentFlowRunCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound
from prefect.states import to_state_create

#: How often a run is asked for when the server's database is locked, and how soon again.
_TRIES: Final = 400
_PAUSE_SECONDS: Final = 0.025
#: The server ended a connection that lay idle, just when it was used again.
_ENDED: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


async def create_run(
    client: PrefectClient,
    deployment: UUID,
    *,
    name: str,
    parameters: Mapping[str, str],
    state: State[Any],
    tags: Sequence[str] = (),
) -> FlowRun:
    """Create a run of a deployment.

    The client's own way with a locked database is to wait 2, 4 and 8 seconds, and with a
    connection that ended too. Here it is asked again at once, under one key, so that all tries
    make one run.
    """
    wanted = DeploymentFlowRunCreate(
        parameters=dict(parameters),
        state=to_state_create(state),
        name=name,
        tags=list(tags),
        idempotency_key=uuid.uuid4().hex,
    ).model_dump(mode="json", exclude_unset=True)
    for _ in range(_TRIES):
        with contextlib.suppress(*_ENDED):
            response = await _post(client, f"/deployments/{deployment}/create_flow_run", wanted)
            if response.status_code == httpx.codes.NOT_FOUND:
                raise ObjectNotFound(LookupError(f"deployment {deployment}"))
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                response.raise_for_status()
                return FlowRun.model_validate(response.json())
        await asyncio.sleep(_PAUSE_SECONDS)
    raise TimeoutError("Prefect's database stayed locked")


async def _post(client: PrefectClient, path: str, body: Mapping[str, Any]) -> httpx.Response:
    """Post once, beneath the retries of Prefect's client, which last 2 s at least."""
    session = cast("PrefectHttpxAsyncClient", client._client)  # noqa: SLF001 - no other way
    request = session.build_request("POST", path, json=body)
    if session.enable_csrf_support:
        await session._add_csrf_headers(request)  # noqa: SLF001
    return await httpx.AsyncClient.send(session, request)
