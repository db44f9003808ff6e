"""Signing in through an identity provider: there, and back with a code that proves who it is."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from keepwarm.app.oidc.people import PersonRefused, account_by_claims
from keepwarm.app.oidc.provider import IdentityProvider, ProviderRefused, Start
from keepwarm.app.web.guesses import returns_of
from keepwarm.app.web.layout import card
from keepwarm.app.web.links import Wanted, local_path
from keepwarm.app.web.markup import tag
from keepwarm.app.web.sessions import remember
from keepwarm.store.audit import note

router = APIRouter(tags=["signing in"], default_response_class=HTMLResponse)

_log = logging.getLogger(__name__)

#: What this browser began. It goes nowhere but here, and is forgotten when it was used.
_COOKIE: Final = "keepwarm_signing_in"
_PATH: Final = "/sign-in/provider"
_HOLDS_SECONDS: Final = 600
_SIGNS: Final = 32
_TOO_OFTEN: Final = "Too many failed attempts from here. Try again in {} seconds."
#: Together they fit into the head of a request, however they are written.
Long = Annotated[str, Query(max_length=2_000)]
Given = Annotated[str, Query(max_length=500)]


@router.get(_PATH, status_code=303, response_class=RedirectResponse)
async def go(request: Request, wanted: Wanted = "/outbox") -> Response:
    """Send the browser to the identity provider."""
    provider = _provider(request)
    start = Start(_chance(), _chance(), _chance(), local_path(wanted))
    try:
        address = await provider.address_to_sign_in(start)
    except ProviderRefused as why:
        return await _refused(request, f"The identity provider cannot be asked: {why}.", 503)
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        _COOKIE,
        _sealed(start, request.app.state.service.session_key),
        max_age=_HOLDS_SECONDS,
        path=_PATH,
        secure=request.app.state.service.system.links.base_url.startswith("https://"),
        httponly=True,
        samesite="lax",  # the provider leads back here from its own site
    )
    return answer


@router.get(f"{_PATH}/back", status_code=303, response_class=RedirectResponse)
async def come_back(
    request: Request, code: Long = "", state: Given = "", error: Given = "", iss: Given = ""
) -> Response:
    """Take the code that the provider gave, and sign in whom it proves."""
    provider, service = _provider(request), request.app.state.service
    # Each refusal is noted, so that nobody may be refused without end.
    tries, tried = (
        request.app.state.tries,
        returns_of(request, request.app.state.service.trusted_proxies),
    )
    wait = await run_in_threadpool(tries.take, tried)
    if wait:
        return _too_often(wait)
    start = _opened(request.cookies.get(_COOKIE, ""), service.session_key)
    if start is None or not hmac.compare_digest(state.encode(), start.state.encode()):
        return await _refused(request, "This sign-in was not begun in this browser just now.", 403)
    # Source: RFC 9207, against answers of one provider that are passed off as another's.
    if error or not code or (iss and iss != provider.settings.issuer):
        return await _refused(request, "The identity provider did not let you in.", 403)
    try:
        claims = await provider.claims(code, start)
        account = await run_in_threadpool(
            account_by_claims, service.system.database, provider.settings, claims,
            service.system.clock(),
        )  # fmt: skip
    except ProviderRefused as why:
        return await _refused(
            request, f"The identity provider did not prove who you are: {why}.", 403
        )
    except PersonRefused as why:
        return await _refused(request, str(why), 403)
    await run_in_threadpool(tries.was_right, tried)
    answer = remember(request, account, RedirectResponse(start.wanted, status_code=303))
    answer.delete_cookie(_COOKIE, path=_PATH)
    return answer


@router.get(f"{_PATH}/left")
async def left(request: Request) -> HTMLResponse:
    """Say that one is signed out here, and where else one may want to be."""
    provider = _provider(request)
    base_url = request.app.state.service.system.links.base_url
    try:
        address = await provider.address_to_sign_out(f"{base_url}/sign-in")
    except ProviderRefused:
        address = None
    name = urlsplit(provider.settings.issuer).hostname
    there = tag("p", tag("a", f"Sign out of {name} too", href=address)) if address else None
    again = tag("p", tag("a", "Sign in again", href="/sign-in"))
    return card("You are signed out", there, again)


def _provider(request: Request) -> IdentityProvider:
    provider: IdentityProvider | None = request.app.state.service.provider
    if provider is None:
        raise HTTPException(404, "No identity provider is set. Sign in with a password.")
    return provider


def _too_often(wait: int) -> HTMLResponse:
    answer = card(
        "You are not signed in", tag("p", _TOO_OFTEN.format(wait), role="alert"), status=429
    )
    answer.headers["Retry-After"] = str(wait)
    return answer


async def _refused(request: Request, sentence: str, status: int) -> HTMLResponse:
    _log.warning("nobody was signed in: %s", status)
    if status == HTTPStatus.FORBIDDEN:
        await run_in_threadpool(_note_refusal, request)
    again = tag("p", tag("a", "Try again", href="/sign-in"))
    answer = card("You are not signed in", tag("p", sentence, role="alert"), again, status=status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "60"
    answer.delete_cookie(_COOKIE, path=_PATH)
    return answer


def _note_refusal(request: Request) -> None:
    system = request.app.state.service.system
    with system.database.writing(durable=False) as cx:
        note(cx, "nobody", "failed to sign in", {"with": "identity provider"}, system.clock())


def _chance() -> str:
    return secrets.token_urlsafe(_SIGNS)


def _sealed(start: Start, key: bytes) -> str:
    body = orjson.dumps([start.state, start.nonce, start.verifier, start.wanted])
    return f"{base64.urlsafe_b64encode(body).decode()}.{_signature(body, key)}"


def _opened(sealed: str, key: bytes) -> Start | None:
    written, _, signature = sealed.partition(".")
    try:
        body = base64.b64decode(written, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(signature.encode(), _signature(body, key).encode()):
        return None
    return Start(*orjson.loads(body))


def _signature(body: bytes, key: bytes) -> str:
    return hmac.new(key, b"signing in " + body, hashlib.sha256).hexdigest()
