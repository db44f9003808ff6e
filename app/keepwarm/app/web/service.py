"""The service: one FastAPI application over one system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.metadata import version
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException as AnyHttpException
from starlette.routing import Match, Route

from keepwarm.app.counting import KeptCounts
from keepwarm.app.oidc.provider import IdentityProvider
from keepwarm.app.previewing.shape import KeptShapes
from keepwarm.app.web import (
    audit_pages,
    callbacks,
    customer_pages,
    explain_pages,
    ingest,
    oidc_pages,
    outbox_pages,
    own_pages,
    playbook_pages,
    preview_pages,
    sign_in_pages,
    sources,
    task_calls,
    task_links,
    task_pages,
)
from keepwarm.app.web.call_schemas import item_schemas
from keepwarm.app.web.document import document_of
from keepwarm.app.web.guard import Guard
from keepwarm.app.web.guesses import Tries
from keepwarm.app.web.layout import STYLE, card
from keepwarm.app.web.markup import tag
from keepwarm.app.web.refusals import refusal_body
from keepwarm.app.web.senders import Rates
from keepwarm.app.web.unavailable import Complaints
from keepwarm.connectors.sources.contract import Source
from keepwarm.flows.system import System
from keepwarm.store.accounts import has_accounts
from keepwarm.store.database import UNAVAILABLE, VALUE_REFUSED
from keepwarm.store.write_keys import has_keys

#: Of the whole process, as its log is.
_complaints: Final = Complaints()
_TRY_AGAIN_SECONDS: Final = 10

_ROUTERS: Final = (
    own_pages,
    sign_in_pages,
    oidc_pages,
    outbox_pages,
    task_pages,
    task_links,
    playbook_pages,
    preview_pages,
    explain_pages,
    customer_pages,
    audit_pages,
    ingest,
    callbacks,
    task_calls,
    sources,
)


@dataclass(frozen=True, slots=True)
class Service:
    """What requests are answered with."""

    system: System
    #: Told when something has arrived, so that it is worked on at once.
    notify: Callable[[], None]
    #: Told of a playbook whose run may go on, because a person did a task.
    woken: Callable[[str], None]
    #: What sessions of those who signed in are signed with.
    session_key: bytes
    #: A write key beside those of the database.
    write_key: str | None = None
    #: Whether nobody but this machine can reach us, so that it may post without a key.
    is_private: bool = True
    #: Proxies with public addresses that are believed what they forward.
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()
    #: Providers that tell us what happens to customers, by name.
    sources: Mapping[str, Source] = field(default_factory=dict)
    #: What people sign in with besides passwords.
    provider: IdentityProvider | None = None


def make_service(service: Service) -> FastAPI:
    """Make the application."""
    app = FastAPI(
        title="Keepwarm",
        description="Events in, call-backs in, and the outbox.",
        version=version("keepwarm"),
        # Its pages load from a network that a closed installation does not reach.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # ours says more: see `document`
    )
    app.state.service = service
    app.state.counts, app.state.shapes = KeptCounts(), KeptShapes()
    system = service.system
    app.state.rates = Rates(system.database, system.clock)
    app.state.tries = Tries(system.database, service.session_key, system.clock)
    app.add_middleware(Guard, is_https=system.links.base_url.startswith("https://"))
    for each in _ROUTERS:
        app.include_router(each.router)
    app.get("/health", tags=["health"])(health)
    app.get("/openapi.json", include_in_schema=False)(document)
    app.get("/style.css", include_in_schema=False)(lambda: Response(STYLE, media_type="text/css"))
    app.get("/", include_in_schema=False)(lambda: RedirectResponse("/outbox"))
    app.exception_handler(AnyHttpException)(_refused)
    app.exception_handler(RequestValidationError)(_misfit)
    for trouble in UNAVAILABLE:
        app.exception_handler(trouble)(_not_now)
    for kind in VALUE_REFUSED:
        app.exception_handler(kind)(_not_kept)
    return app


def health() -> dict[str, bool]:
    """Tell that the service answers."""
    return {"ok": True}


def document(request: Request) -> dict[str, Any]:
    """Give the OpenAPI document as things stand."""
    service = request.app.state.service
    with service.system.database.reading() as cx:
        is_locked = service.write_key is not None or has_keys(cx) or not service.is_private
        return document_of(
            request.app,
            item_schemas(),
            key_needed=is_locked,
            sign_in_needed=service.provider is not None or has_accounts(cx),
        )


async def _refused(request: Request, error: HTTPException) -> Response:
    """Answer with a sentence: as a page to people, as JSON to programs."""
    refusal = _refusal(request, error.status_code, error.detail)
    refusal.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal.headers["Allow"] = ", ".join(_methods_of(request))
    return refusal


def _refusal(request: Request, status: int, says: str) -> Response:
    if _is_for_people(request):
        return card("That did not work", tag("p", says), status=status)
    return JSONResponse(refusal_body(status, says), status)


async def _misfit(request: Request, error: RequestValidationError) -> Response:
    """Say what of a request could not be read, each as a sentence."""
    faults = [
        f"{'.'.join(str(each) for each in fault['loc'][1:]) or 'the body'}: {fault['msg']}"
        for fault in error.errors()
    ]
    if not _is_for_people(request):
        return JSONResponse(refusal_body(422, faults), 422)
    if any(fault["loc"][0] == "path" for fault in error.errors()):
        # To people, a number that nothing can have is a page that is not there.
        return await _refused(request, HTTPException(HTTPStatus.NOT_FOUND))
    return card("That did not work", [tag("p", fault) for fault in faults], status=422)


async def _not_now(request: Request, error: Exception) -> Response:
    """Answer while the database cannot be used: nothing was kept, and it is to be sent again."""
    _complaints.note(error)
    says = "The database cannot be used just now. Nothing was kept; send it again in a moment."
    answer = _refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, says)
    answer.headers["Retry-After"] = str(_TRY_AGAIN_SECONDS)
    return answer


async def _not_kept(request: Request, error: Exception) -> Response:
    """Say that a value is none that can be kept, whichever it is."""
    del error
    misfit = HTTPException(422, "Something in it can be neither kept nor looked for.")
    return await _refused(request, misfit)


def _methods_of(request: Request) -> list[str]:
    """Give what may be done at a path: each of its routes knows only its own."""
    routes = [*request.app.routes, *(route for each in _ROUTERS for route in each.router.routes)]
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def _is_for_people(request: Request) -> bool:
    is_for_programs = request.url.path.startswith(("/v1/", "/callbacks/", "/sources/"))
    return not is_for_programs and "text/html" in request.headers.get("accept", "")
