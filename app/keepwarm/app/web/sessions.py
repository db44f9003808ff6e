"""Sessions of those who signed in: a signed cookie, void as soon as its account changes.

The cookie names an account and until when it holds. It is signed over these and the hash of the
account's password and whom the identity provider knows it by, so that a new password, a removed
account and one that was unbound end every session at once. Kept is only which sessions somebody
ended before their time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse

from keepwarm.store.accounts import Account, account_of, end_session, is_ended
from keepwarm.store.connection import Connection

COOKIE: Final = "keepwarm_session"
HOLDS_FOR: Final = timedelta(hours=12)
_SIGNS: Final = 12


def session_for(account: Account, key: bytes, now: datetime) -> str:
    """Give the cookie's value."""
    # With chance, so that who signs in anew is not in a session that was ended.
    chance = secrets.token_urlsafe(_SIGNS)
    body = f"{int((now + HOLDS_FOR).timestamp())} {chance} {account.email}".encode()
    signed = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    return f"{signed}.{_signature(body, account, key)}"


def account_in(cx: Connection, session: str, key: bytes, now: datetime) -> Account | None:
    """Give the account that a cookie stands for; None unless it is ours, whole and still holds."""
    signed, _, signature = session.partition(".")
    try:
        body = base64.b64decode(signed + "=" * (-len(signed) % 4), altchars=b"-_", validate=True)
        until, _, email = body.decode().split(" ", 2)
        holds = now < datetime.fromtimestamp(int(until), UTC)
    except (binascii.Error, ValueError, OverflowError, OSError):
        return None
    account = account_of(cx, email) if holds else None
    if account is None or not hmac.compare_digest(
        signature.encode(), _signature(body, account, key).encode()
    ):
        return None
    return None if is_ended(cx, _digest(session)) else account


def end(cx: Connection, session: str, now: datetime) -> None:
    """End a session: its cookie, and every copy of it, opens nothing any more."""
    end_session(cx, _digest(session), now + HOLDS_FOR, now)


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def remember(request: Request, account: Account, answer: RedirectResponse) -> RedirectResponse:
    """Sign the browser in: from this answer on it shows whose it is."""
    service = request.app.state.service
    answer.set_cookie(
        COOKIE,
        session_for(account, service.session_key, service.system.clock()),
        max_age=int(HOLDS_FOR.total_seconds()),
        secure=service.system.links.base_url.startswith("https://"),
        httponly=True,
        # Links from a chat or from Prefect's pages still find who is signed in; posts do not.
        samesite="lax",
    )
    return answer


def _signature(body: bytes, account: Account, key: bytes) -> str:
    person = "" if account.bound is None else f" {account.bound.issuer} {account.bound.subject}"
    signed = body + b" " + account.password.encode() + person.encode()
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
