"""What tools tell of tasks: verified on the raw bytes, done before it is answered."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from keepwarm.app.web.document import ANYTHING
from keepwarm.connectors.task_tools.contract import Hears, Introduces
from keepwarm.flows.task_deeds import do_deeds, in_our_names

router = APIRouter(tags=["call-backs"])


@router.post("/callbacks/tasks/{tool}", openapi_extra=ANYTHING)
async def receive(tool: str, request: Request) -> Response:
    """Take what a person did in a tool, if it is proved to come from there."""
    service = request.app.state.service
    found = service.system.task_tools.get(tool)
    if not isinstance(found, Hears):
        raise HTTPException(404, "No task tool of this name is set that calls back.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    deeds = found.hear(headers, await request.body(), service.system.clock())
    if deeds is None:
        raise HTTPException(401)
    if isinstance(found, Introduces):
        addresses = [await found.address_of(each.person) for each in deeds]
        deeds = await run_in_threadpool(in_our_names, service.system, deeds, addresses)
    for done in await run_in_threadpool(do_deeds, service.system, tool, deeds):
        service.woken(done.playbook)
    # With an empty body: Slack would show any other to whoever pressed the button.
    return Response(status_code=200)
