"""Call-backs of providers: verified on their raw bytes, kept once; any doubt is 401."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from keepwarm.app.web.callers import call_of
from keepwarm.app.web.document import ANYTHING
from keepwarm.connectors.contract import Listens
from keepwarm.engine.outcome import Received
from keepwarm.flows.reports import keep_reports

router = APIRouter(tags=["call-backs"])


@router.post("/callbacks/{connector}", status_code=204, openapi_extra=ANYTHING)
async def receive(connector: str, request: Request) -> Response:
    """Take one call-back, if it is proved to come from the provider."""
    service = request.app.state.service
    known = {each.name: each for each in service.system.connectors.values()}
    listening = known.get(connector)
    if not isinstance(listening, Listens):
        raise HTTPException(404, "No connector of this name is set that is called back.")
    call = await call_of(request)
    received = listening.receive(call.url, call.headers, call.body, call.now)
    if not isinstance(received, Received):
        raise HTTPException(401)
    await run_in_threadpool(keep_reports, service.system, connector, received)
    service.notify()
    return Response(status_code=204)
