"""What every request passes: its size, where it comes from, and the headers of every answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from fastapi import Request

from keepwarm.app.web.refusals import refusal_body
from keepwarm.store.patience import Patience, waiting_at_most

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

#: Pages bring one style sheet and no script; what an e-mail shows is framed apart.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    # Pages of other sites neither hold on to a window of ours nor load anything from here.
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)
#: For a year, a browser asks this host by TLS alone.
_ONLY_HTTPS: Final = (b"strict-transport-security", b"max-age=31536000")
#: Source: Segment's documented limits, which client libraries already keep to.
LARGEST_BODY: Final = 500 * 1024
_LARGEST_CALL_BACK: Final = 4 * 1024 * 1024
_DRAINED_TIMES: Final = 4
#: The largest body over the slowest line that anybody still has.
_BODY_WITHIN_SECONDS: Final = 30.0
#: Mail providers, call-backs and the pages of shops come from elsewhere, and carry their own proof.
_INGEST: Final = "/v1/"
_FROM_ELSEWHERE: Final = ("/unsubscribe/", "/callbacks/", "/sources/", _INGEST)
#: Pages of any site may tell what their visitors do: whoever posts shows a key, and no browser
#: adds one by itself.
_OF_INGEST: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"retry-after"),
)
#: What a browser asks before it lets a page post; the headers are those of client libraries.
_MAY_POST: Final = (
    (b"access-control-allow-methods", b"POST"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, content-encoding, anonymousid",
    ),
    (b"access-control-max-age", b"86400"),
)
#: A page may have to count a million customers, once the database has answered at all.
_OF_PEOPLE: Final = Patience(timedelta(seconds=5))
#: Programs give up after ten seconds or so, and send again what they heard 503 of.
_OF_PROGRAMS: Final = Patience(timedelta(seconds=5), for_a_statement=timedelta(seconds=8))
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


class Guard:
    """Refuses what is too large or was sent by another site's page; sets the headers."""

    def __init__(self, app: Application, *, is_https: bool = False) -> None:
        self._app = app
        self._headers = (*_HEADERS, _ONLY_HTTPS) if is_https else _HEADERS

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = _refusal(request)
        if refusal is not None:
            await self._answer(send, request.url.path, *refusal)
            return
        if _asks_whether_a_page_may_post(request):
            sending = self._with_headers(send, request.url.path)
            await sending(
                {"type": "http.response.start", "status": 204, "headers": list(_MAY_POST)}
            )
            await sending({"type": "http.response.body", "body": b""})
            return
        most = _most(request.url.path)
        try:
            async with asyncio.timeout(_BODY_WITHIN_SECONDS):
                body = await _body(receive, most)
        except TimeoutError:
            await self._answer(send, request.url.path, 408, "The request came too slowly.")
            return
        if body is None:
            await self._answer(
                send, request.url.path, 413, f"A request may hold {most // 1024} kB."
            )
            return
        is_of_a_program = request.url.path.startswith(_FROM_ELSEWHERE)
        with waiting_at_most(_OF_PROGRAMS if is_of_a_program else _OF_PEOPLE):
            await self._app(
                scope, _given(body, receive), self._with_headers(send, request.url.path)
            )

    def _with_headers(self, send: Send, path: str) -> Send:
        ours = (*_OF_INGEST, *self._headers) if path.startswith(_INGEST) else self._headers

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                for name, value in ours:
                    if all(name != there.lower() for there, _ in headers):
                        headers.append((name, value))
                message = {**message, "headers": headers}
            await send(message)

        return sending

    async def _answer(self, send: Send, path: str, status: int, sentence: str) -> None:
        sending = self._with_headers(send, path)
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await sending({"type": "http.response.start", "status": status, "headers": headers})
        body = json.dumps(refusal_body(status, sentence)).encode()
        await sending({"type": "http.response.body", "body": body})


def _refusal(request: Request) -> tuple[int, str] | None:
    # PostgreSQL's texts cannot hold NUL, and nobody means anything by it.
    if "\0" in request.url.path or "%00" in request.url.query:
        return 404, "There is no such page."
    if request.method in ("GET", "HEAD") or request.url.path.startswith(_FROM_ELSEWHERE):
        return None
    if is_of_another_site(request):
        return 403, "This was sent by a page of another site, and so it was not done."
    return None


def _asks_whether_a_page_may_post(request: Request) -> bool:
    is_asked = "access-control-request-method" in request.headers
    return is_asked and request.method == "OPTIONS" and request.url.path.startswith(_INGEST)


def _most(path: str) -> int:
    return _LARGEST_CALL_BACK if path.startswith(("/callbacks/", "/sources/")) else LARGEST_BODY


def is_of_another_site(request: Request) -> bool:
    """Tell whether a browser says that a page of another site sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


async def _body(receive: Receive, most: int) -> bytes | None:
    """Read the whole body; None when it is larger than it may be.

    A little too much is still taken off the wire, so that its sender hears the answer.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        if size > _DRAINED_TIMES * most:
            return None
        if not message.get("more_body"):
            return None if size > most else b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """Give what was read as the application's own `receive`."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


# ── Where a request comes from ───────────────────────────────────────────────────────────────


def is_from_this_machine(request: Request) -> bool:
    """Tell whether the request was made on this machine, to it, and not passed on by a proxy.

    The name it was made to counts as well: another site's name may be led to this machine.
    """
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def is_private(host: str) -> bool:
    """Tell whether an address is of this machine or of a network that the internet cannot reach."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
