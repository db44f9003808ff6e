"""Sessions of those who signed in: a signed cookie, void as soon as its account changes.

The cookie names an account and until when it holds. It is signed over these and the hash of the
account's password, so that a new password or a removed account ends every session at once, with
nothing kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from keepwarm.store.accounts import Account, account_of
from keepwarm.store.connection import Connection

COOKIE: Final = "keepwarm_session"
HOLDS_FOR: Final = timedelta(hours=12)

#: So many wrong passwords are free; then each makes the next wait twice as long.
_FREE_TRIES: Final = 5
_FIRST_PAUSE_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 900.0
#: What is remembered of addresses that were tried.
_MOST_NAMES: Final = 10_000


def session_for(account: Account, key: bytes, now: datetime) -> str:
    """Give the cookie's value."""
    body = f"{int((now + HOLDS_FOR).timestamp())} {account.email}".encode()
    signed = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    return f"{signed}.{_signature(body, account, key)}"


def account_in(cx: Connection, session: str, key: bytes, now: datetime) -> Account | None:
    """Give the account that a cookie stands for; None unless it is ours, whole and still holds."""
    signed, _, signature = session.partition(".")
    try:
        body = base64.b64decode(signed + "=" * (-len(signed) % 4), altchars=b"-_", validate=True)
        until, _, email = body.decode().partition(" ")
        holds = now < datetime.fromtimestamp(int(until), UTC)
    except (binascii.Error, ValueError, OverflowError, OSError):
        return None
    account = account_of(cx, email) if holds else None
    if account is None or not hmac.compare_digest(
        signature.encode(), _signature(body, account, key).encode()
    ):
        return None
    return account


def _signature(body: bytes, account: Account, key: bytes) -> str:
    return hmac.new(key, body + b" " + account.password.encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Tries:
    """How long who gave wrong passwords has to wait. Counted in this process, for any thread."""

    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_seconds(self, name: str, now: float) -> int:
        """Give in how many seconds the next password is looked at; 0 for at once."""
        with self._lock:
            _, until = self._wrong.get(name, (0, 0.0))
        return max(0, math.ceil(until - now))

    def was_wrong(self, name: str, now: float) -> None:
        """Count a wrong password."""
        with self._lock:
            if len(self._wrong) >= _MOST_NAMES:
                self._wrong.clear()
            count = self._wrong.get(name, (0, 0.0))[0] + 1
            over = count - _FREE_TRIES
            pause = min(_FIRST_PAUSE_SECONDS * 2**over, _LONGEST_PAUSE_SECONDS) if over >= 0 else 0
            self._wrong[name] = (count, now + pause)

    def was_right(self, name: str) -> None:
        """Forget the wrong ones before it."""
        with self._lock:
            self._wrong.pop(name, None)
