"""What providers post of customers: proved on the raw bytes, kept before it is answered."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from keepwarm.app.web.callers import call_of
from keepwarm.app.web.document import ANYTHING
from keepwarm.connectors.sources.contract import Answers, Call, Source, Unreadable
from keepwarm.flows.arrivals import keep, live_catalog
from keepwarm.flows.tellings import arrivals_of

router = APIRouter(tags=["sources"])

_COME_AGAIN_SECONDS = 60


@router.post(
    "/sources/{name}",
    status_code=204,
    openapi_extra=ANYTHING,
    responses={200: {"description": "It is taken, and this is what the provider asks to hear."}},
)
async def receive(name: str, request: Request) -> Response:
    """Take one call of a provider's, if it is proved to come from it; any doubt is 401."""
    service = request.app.state.service
    source: Source | None = service.sources.get(name)
    if source is None:
        raise HTTPException(404, f"There is no source {name}; `keepwarm sources` lists them.")
    call = await call_of(request)
    if not source.is_proved(call):
        raise HTTPException(401)
    await run_in_threadpool(_keep, request, name, source, call)
    if isinstance(source, Answers):
        return JSONResponse(dict(source.answer(call)))
    return Response(status_code=204)


@router.head("/sources/{name}", include_in_schema=False)
def is_there(name: str, request: Request) -> Response:
    """Say that a source is there: Intercom asks so before it takes an address."""
    if name not in request.app.state.service.sources:
        raise HTTPException(404)
    return Response(status_code=200)


def _keep(request: Request, name: str, source: Source, call: Call) -> None:
    service = request.app.state.service
    catalog = live_catalog(service.system)
    if catalog is None:
        again = {"Retry-After": str(_COME_AGAIN_SECONDS)}
        raise HTTPException(503, "Nothing is live yet. Send it again later.", headers=again)
    misread: Unreadable | None = None
    try:
        tellings = source.read(call)
    except Unreadable as why:
        misread, tellings = why, why.told
    arrivals = arrivals_of(catalog, name, tellings)
    if arrivals and keep(service.system, arrivals):
        service.notify()
    if misread is not None:
        # What could be read is kept; said all the same, so that the rest is not lost unseen.
        raise HTTPException(400, f"This is not what {name} documents: {misread}.") from None
