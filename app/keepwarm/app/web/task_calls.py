"""What tools tell of tasks: verified on the raw bytes, done before it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from keepwarm.app.web.callers import call_of
from keepwarm.app.web.document import ANYTHING
from keepwarm.connectors.sources.contract import Call
from keepwarm.connectors.task_tools.contract import Hears, Introduces, Signals
from keepwarm.flows.sharing_tasks import hear_of_changes
from keepwarm.flows.system import System
from keepwarm.flows.task_deeds import Done, do_deeds, in_our_names

router = APIRouter(tags=["call-backs"])


@router.post("/callbacks/tasks/{tool}", openapi_extra=ANYTHING)
async def receive(tool: str, request: Request) -> Response:
    """Take what a person did in a tool, if it is proved to come from there."""
    service = request.app.state.service
    found = service.system.task_tools.get(tool)
    call = await call_of(request)
    ended: Sequence[Done]
    match found:
        case Hears():
            ended = await _hear(service.system, tool, found, call)
        case Signals():
            await _note(service.system, tool, found, call)
            ended = ()
        case _:
            raise HTTPException(404, "No task tool of this name is set that calls back.")
    for done in ended:
        service.woken(done.playbook)
    # With an empty body: Slack would show any other to whoever pressed the button.
    return Response(status_code=200)


async def _hear(system: System, name: str, tool: Hears, call: Call) -> Sequence[Done]:
    deeds = tool.hear(call.headers, call.body, call.now)
    if deeds is None:
        raise HTTPException(401)
    if isinstance(tool, Introduces):
        addresses = [await tool.address_of(each.person) for each in deeds]
        deeds = await run_in_threadpool(in_our_names, system, deeds, addresses)
    return await run_in_threadpool(do_deeds, system, name, deeds)


async def _note(system: System, name: str, tool: Signals, call: Call) -> None:
    references = tool.changed(call)
    if references is None:
        raise HTTPException(401)
    await run_in_threadpool(hear_of_changes, system, name, references)
