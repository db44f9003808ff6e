"""Sessions of those who signed in: a signed cookie, void as soon as its account changes.

The cookie names an account and until when it holds. It is signed over these and the hash of the
account's password, so that a new password or a removed account ends every session at once. Kept is
only which sessions somebody ended before their time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse

from keepwarm.app.web.guard import is_private
from keepwarm.store.accounts import Account, account_of, end_session, is_ended
from keepwarm.store.connection import Connection

COOKIE: Final = "keepwarm_session"
HOLDS_FOR: Final = timedelta(hours=12)

#: So many wrong passwords are free; then each makes the next wait twice as long. Fewest for one
#: account from one place, so that nobody locks others out of their accounts or their office.
_FREE_TRIES: Final = 5
_FREE_TRIES_OF_A_PLACE: Final = 20
_FREE_TRIES_OF_AN_ACCOUNT: Final = 50
_FIRST_PAUSE_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 900.0
_MOST_DOUBLINGS: Final = 20
_SIGNS: Final = 12
#: What is remembered of addresses that were tried.
_MOST_NAMES: Final = 10_000


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
    return hmac.new(key, body + b" " + account.password.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What wrong passwords are counted for."""

    of: str
    free: int = _FREE_TRIES


def attempts_of(request: Request, name: str) -> tuple[Attempt, ...]:
    """Give what an attempt counts for: the account from this place, the place, the account."""
    place = _place(request)
    return (
        Attempt(f"{name} {place}"),
        Attempt(f" {place}", _FREE_TRIES_OF_A_PLACE),
        Attempt(name, _FREE_TRIES_OF_AN_ACCOUNT),
    )


def _place(request: Request) -> str:
    """Give the address that a request comes from; behind our proxy, the one that it saw.

    Only the last of the forwarded ones: those before it are whatever the caller wrote.
    """
    direct = request.client.host if request.client else ""
    seen = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return seen if seen and is_private(direct) else direct


@dataclass(slots=True)
class Tries:
    """How long who gave wrong passwords has to wait. Counted in this process, for any thread."""

    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_seconds(self, attempts: Sequence[Attempt], now: float) -> int:
        """Give in how many seconds the next password is looked at; 0 for at once."""
        with self._lock:
            until = max(self._wrong.get(each.of, (0, 0.0))[1] for each in attempts)
        return max(0, math.ceil(until - now))

    def was_wrong(self, attempts: Sequence[Attempt], now: float) -> None:
        """Count a wrong password."""
        with self._lock:
            if len(self._wrong) >= _MOST_NAMES:
                self._wrong.clear()
            for each in attempts:
                count = self._wrong.get(each.of, (0, 0.0))[0] + 1
                over = count - each.free
                doubled = _FIRST_PAUSE_SECONDS * 2 ** min(over, _MOST_DOUBLINGS)
                pause = min(doubled, _LONGEST_PAUSE_SECONDS) if over >= 0 else 0
                self._wrong[each.of] = (count, now + pause)

    def was_right(self, attempts: Sequence[Attempt]) -> None:
        """Forget the wrong ones before it."""
        with self._lock:
            for each in attempts:
                self._wrong.pop(each.of, None)
