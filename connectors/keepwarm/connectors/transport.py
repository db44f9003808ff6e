"""The one transport beneath the providers' own SDKs.

The SDKs build the payloads, check the signatures and name the errors. None of them carries bytes
safely by default: they wait without end, follow redirects with the key, obey proxies from the
environment, open a connection a message, print keys and bodies when debugged, or send again after
an answer was lost. So each hands its bytes to this client, which does one thing: one request, one
answer, or a plain word on whether the request may have left.
"""

from __future__ import annotations

import asyncio
import io
import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from keepwarm.connectors.resolving import Resolver

#: They print keys, addresses or bodies at DEBUG or INFO.
LOUD = (
    "aiohttp",
    "onesignal",
    "onesignal.rest",
    "python_http_client",
    "python_http_client.client",
    "slack_sdk",
    "slack_sdk.web.async_base_client",
    "slack_sdk.web.async_client",
    "slack_sdk.webhook.async_client",
    "twilio",
    "twilio.async_http_client",
    "twilio.http_client",
    "urllib3",
)

CONNECT_TIMEOUT = timedelta(seconds=5)
#: Below what the providers' balancers keep idle connections for (60 s), so that a request is not
#: written into a connection that the other side is closing: its outcome would be unknown.
KEEP_ALIVE = timedelta(seconds=15)
LARGEST_ANSWER_BYTES = 1_000_000
LARGE_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it says."""

    status: int
    #: Names in lower case; the last of several with one name.
    headers: Mapping[str, str]
    body: bytes


class NothingSent(Exception):  # noqa: N818 - named for what happened
    """No byte of the request left this machine: the provider certainly did not take it."""


class NoAnswer(Exception):  # noqa: N818 - named for what happened
    """The request may have left, and no whole answer came: the provider may have taken it."""


class Forbidden(Exception):  # noqa: N818 - named for what happened
    """The address must not be called; nothing was sent."""


class Transport:
    """A pooled client for one connector. Makes each request once and follows nothing."""

    def __init__(
        self,
        *,
        timeout: timedelta,
        at_once: int,
        largest_answer_bytes: int = LARGEST_ANSWER_BYTES,
        may_connect: Callable[[str], bool] | None = None,
    ) -> None:
        """Prepare the pool; connections are opened by the first calls.

        `may_connect` judges each address, as text, at the moment a socket to it is made: after
        name resolution, whatever the spelling was, so that no second look-up can change it.
        """
        self._timeout_seconds = timeout.total_seconds()
        self._at_once = at_once
        self._largest_answer_bytes = largest_answer_bytes
        self._may_connect = may_connect
        self._resolver = Resolver()
        # A session belongs to the event loop that made it, and flows may run in several.
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = (
            WeakKeyDictionary()
        )
        quieten()

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Make one request and give its answer, redirects included.

        Raises:
            NothingSent: no byte left.
            NoAnswer: bytes may have left, and no whole answer came in time or size.
            Forbidden: `may_connect` refused every address of the host.
        """
        request = SimpleNamespace(left=False, forbidden=False)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(method, url, headers, body, request)
        except _Refused:
            raise Forbidden("the address is not a public one") from None
        except (aiohttp.ClientError, OSError, ValueError, _TooLarge) as error:
            # Without the cause: its text may hold the URL, and so an address.
            words = self._in_words(error, url)
            raise (NoAnswer(words) if request.left else NothingSent(words)) from None

    async def close(self) -> None:
        """Close the connections of all event loops that still run."""
        here = asyncio.get_running_loop()
        for loop, session in list(self._sessions.items()):
            if loop is here:
                await session.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(session.close(), loop)
        self._sessions.clear()

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        request: SimpleNamespace,
    ) -> Answer:
        async with self._session().request(
            method,
            url,
            # Compressed answers are neither asked for nor unpacked: a small one can be huge.
            headers={**headers, "Accept-Encoding": "identity"},
            # What is large is written piece by piece, so that other calls go on meanwhile.
            data=io.BytesIO(body) if body and len(body) > LARGE_BYTES else body,
            allow_redirects=False,
            trace_request_ctx=request,
        ) as response:
            content = b""
            async for piece in response.content.iter_any():
                content += piece
                if len(content) > self._largest_answer_bytes:
                    raise _TooLarge
            received = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, received, content)

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = self._new_session()
        return session

    def _new_session(self) -> aiohttp.ClientSession:
        traces = aiohttp.TraceConfig()
        traces.on_request_headers_sent.append(_note_that_it_leaves)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._at_once,
                keepalive_timeout=KEEP_ALIVE.total_seconds(),
                socket_factory=self._open_socket,
                resolver=self._resolver,
            ),
            # The total is ours, above; aiohttp would count it anew for a waiting request.
            timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_TIMEOUT.total_seconds()),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            trace_configs=[traces],
        )

    def _in_words(self, error: Exception, url: str) -> str:
        if isinstance(error, TimeoutError) and URL(url).host in self._resolver.looking_for:
            return "the host name was not found in time"
        return _in_words(error)

    def _open_socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        if self._may_connect is not None and not self._may_connect(str(host)):
            raise _Refused
        return socket.socket(family=family, type=kind, proto=protocol)


def quieten() -> None:
    """Keep the SDKs' loggers from printing keys, addresses and bodies, whatever the root says."""
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


class _TooLarge(Exception):  # noqa: N818 - named for what happened
    """The answer is larger than any that this provider gives."""


class _Refused(RuntimeError):
    """The address is not one that may be called."""


async def _note_that_it_leaves(
    session: aiohttp.ClientSession,  # noqa: ARG001 - the signature is aiohttp's
    context: SimpleNamespace,
    parameters: aiohttp.TraceRequestHeadersSentParams,  # noqa: ARG001
) -> None:
    # Called just before the first byte is written, so that doubt falls on the safe side.
    context.trace_request_ctx.left = True


def _in_words(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host name was not found"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "no secure connection could be made"
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorError():
            return "the connection was refused"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case aiohttp.ServerDisconnectedError() | ConnectionResetError() | aiohttp.ClientOSError():
            return "the connection broke off"
        case _TooLarge():
            return "the answer was too large"
        case _:
            return f"the answer could not be read ({type(error).__name__})"
