"""The identity provider: where it is found, its keys, and claims for codes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from keepwarm.app.oidc.settings import OidcSettings, may_be_asked
from keepwarm.app.oidc.tokens import KeyUnknown, TokenRefused, claims_of
from keepwarm.connectors.transport import Answer, NoAnswer, NothingSent, Transport

_TIMEOUT: Final = timedelta(seconds=10)
_KNOWN_FOR_SECONDS: Final = 3600.0
#: Whoever sends tokens with made-up keys does not make us ask the provider all the time.
_KEYS_AT_MOST_EVERY_SECONDS: Final = 10.0
_SCOPES: Final = "openid email profile"
_OK: Final = 200


class ProviderRefused(Exception):
    """Nobody can be signed in by the provider now; says why, for the log and for who tries."""


@dataclass(frozen=True, slots=True)
class Start:
    """One sign-in as it began: what only this browser and we know of it."""

    state: str
    nonce: str
    verifier: str
    #: Where to go afterwards.
    wanted: str


@dataclass(slots=True)
class IdentityProvider:
    """One provider, and what is known of it."""

    settings: OidcSettings
    #: Where the provider sends people back to.
    redirect_uri: str
    _document: Mapping[str, Any] = field(default_factory=dict)
    _keys: Sequence[Mapping[str, Any]] = ()
    _document_at: float = float("-inf")
    _keys_at: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def address_to_sign_in(self, start: Start) -> str:
        """Give where the browser goes.

        Raises:
            ProviderRefused: the provider cannot be found.
        """
        document = await self._found()
        challenge = hashlib.sha256(start.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": _SCOPES,
            "state": start.state,
            "nonce": start.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return _with_query(document["authorization_endpoint"], asked)

    async def address_to_sign_out(self, back_to: str) -> str | None:
        """Give where the browser ends its session with the provider; None where it says nothing."""
        document = await self._found()
        endpoint = document.get("end_session_endpoint")
        if not isinstance(endpoint, str) or not may_be_asked(endpoint):
            return None
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back_to}
        return _with_query(endpoint, asked)

    async def claims(self, code: str, start: Start) -> Mapping[str, Any]:
        """Exchange a code for what the provider says of who signed in.

        Raises:
            ProviderRefused: it did not, or its token is not to be believed.
        """
        document = await self._found()
        token = await self._token(document, code, start.verifier)
        for may_ask_again in (True, False):
            keys = await self._known_keys(document, anew=not may_ask_again)
            try:
                return claims_of(
                    token,
                    keys,
                    issuer=self.settings.issuer,
                    client_id=self.settings.client_id,
                    nonce=start.nonce,
                )
            except KeyUnknown:
                continue
            except TokenRefused as why:
                raise ProviderRefused(f"its token was not believed: {why}") from None
        raise ProviderRefused("its token was not believed: it is signed with an unknown key")

    async def _token(self, document: Mapping[str, Any], code: str, verifier: str) -> str:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        secret = self.settings.client_secret
        known = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is not None and "client_secret_basic" in known:
            # Source: RFC 6749, 2.3.1: both are encoded as in a form first.
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            asked["client_id"] = self.settings.client_id
            if secret is not None:
                asked["client_secret"] = secret
        body = urlencode(asked).encode()
        answer = await self._call("POST", document["token_endpoint"], headers, body)
        given = _object(answer).get("id_token")
        if not isinstance(given, str):
            raise ProviderRefused("it gave no ID token")
        return given

    async def _found(self) -> Mapping[str, Any]:
        """Give the provider's document, read anew every hour."""
        async with self._lock:
            if time.monotonic() - self._document_at < _KNOWN_FOR_SECONDS:
                return self._document
            address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            document = _object(await self._call("GET", address, {"Accept": "application/json"}))
            if document.get("issuer") != self.settings.issuer:
                raise ProviderRefused("its document is of another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not may_be_asked(str(document.get(name, ""))):
                    raise ProviderRefused(f"its document has no safe {name}")
            self._document, self._document_at = document, time.monotonic()
            return document

    async def _known_keys(
        self, document: Mapping[str, Any], *, anew: bool
    ) -> Sequence[Mapping[str, Any]]:
        async with self._lock:
            known_for = time.monotonic() - self._keys_at
            if known_for > (_KEYS_AT_MOST_EVERY_SECONDS if anew else _KNOWN_FOR_SECONDS):
                headers = {"Accept": "application/json"}
                found = _object(await self._call("GET", document["jwks_uri"], headers))
                self._keys, self._keys_at = _keys_in(found), time.monotonic()
            return self._keys

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        # A connection of its own: people sign in seldom.
        transport = Transport(timeout=_TIMEOUT, at_once=1)
        try:
            answer = await transport.call(method, url, headers=headers, body=body)
        except (NothingSent, NoAnswer) as error:
            raise ProviderRefused(f"it does not answer: {error}") from None
        finally:
            await transport.close()
        if answer.status != _OK:
            raise ProviderRefused(f"it answered {answer.status}")
        return answer


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise ProviderRefused("its answer is not JSON") from None
    if not isinstance(found, dict):
        raise ProviderRefused("its answer is not a JSON object")
    return found


def _keys_in(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Give the keys that sign; never one that is shared."""
    listed = found.get("keys")
    return [
        each
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and each.get("use", "sig") == "sig" and each.get("kty") != "oct"
    ]


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
