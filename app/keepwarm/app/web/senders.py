"""Who posts to us: let in by a write key, no faster than it may."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fastapi import HTTPException, Request

from keepwarm.app.web.guard import is_from_this_machine, is_of_another_site
from keepwarm.flows.system import System
from keepwarm.store.database import Database
from keepwarm.store.ingest_paces import book_items
from keepwarm.store.write_keys import WriteKey, has_keys, is_use_noted, key_of, note_use

#: How many items a second a source may post where its key says nothing else.
USUAL_RATE: Final = 5_000
#: What is saved up while nothing is posted.
_SAVED_UP: Final = timedelta(seconds=2)
#: What a process books in advance, in seconds of the rate.
_SHARE_SECONDS: Final = 0.25
_ASKS: Final = {"WWW-Authenticate": 'Basic realm="Keepwarm", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts, and what they may."""

    source: str
    #: What its rate is counted by.
    key: str
    calls: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    per_second: int = USUAL_RATE

    def refuses(self, call: str, event: str | None) -> str | None:
        """Say why this key may not post this; None when it may."""
        if self.calls and call not in self.calls:
            return f"this write key may not {call}; it may {', '.join(sorted(self.calls))}"
        if event is not None and self.events and event not in self.events:
            return f'this write key may not tell of "{event}"'
        return None


def let_in(request: Request, shown_in_body: str | None = None) -> Sender:
    """Give who posts, by the key in the header, or else the one in the body.

    Raises:
        HTTPException: 401, without a valid key where one is needed.
    """
    service = request.app.state.service
    shown = _key_in(request.headers.get("authorization", "")) or shown_in_body
    if shown and service.write_key and hmac.compare_digest(
        shown.encode(), service.write_key.encode()
    ):  # fmt: skip
        return Sender("api", "environment")
    known, needs_key = _look_up(service.system, shown)
    if known is not None:
        return Sender(known.source, known.id, known.calls, known.events, known.per_second)
    if needs_key or service.write_key is not None:
        raise HTTPException(
            401,
            "The write key is missing, wrong or revoked. Send it as the user of Basic auth;"
            " `keepwarm keys add` makes one.",
            headers=_ASKS,
        )
    is_ours = is_from_this_machine(request) and not is_of_another_site(request)
    if service.is_private and is_ours:
        return Sender("api", "this machine")
    raise HTTPException(
        401,
        "Others than this machine, and pages of other sites, need a write key: make one with"
        " `keepwarm keys add`, and send it as the user of Basic auth.",
        headers=_ASKS,
    )


def _look_up(system: System, shown: str | None) -> tuple[WriteKey | None, bool]:
    """Give the valid key that was shown, and whether there is any key at all."""
    database, now = system.database, system.clock()
    with database.reading() as cx:
        known = key_of(cx, shown) if shown else None
        needs_key = known is not None or has_keys(cx)
    if known is not None and not is_use_noted(known, now):
        with database.writing(durable=False) as cx:
            note_use(cx, known.id, now)
    return known, needs_key


def _key_in(authorization: str) -> str | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None


@dataclass(slots=True)
class Rates:
    """How much each sender may post now.

    What all processes of the web take together is booked in the database; each books a share in
    advance, so that a busy sender costs a few bookings a second. Threads may share it.
    """

    database: Database
    clock: Callable[[], datetime]
    #: What is left of the share that was booked.
    _left: dict[str, float] = field(default_factory=dict)
    #: Until when no share is to be had, so that whoever comes too soon costs nothing.
    _refused_until: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, sender: Sender, items: int) -> int:
        """Give 0 and count the items, or in how many seconds to come again.

        A batch is taken whole as soon as anything is left, and what it took too much is waited
        for before the next one.
        """
        with self._lock:
            left = self._left.get(sender.key, 0.0)
            if items > left:
                wait = self._book(sender, items - left)
                if wait:
                    return wait
                left = items + sender.per_second * _SHARE_SECONDS
            self._left[sender.key] = left - items
        return 0

    def _book(self, sender: Sender, items: float) -> int:
        """Book some items and a share; or give in how many seconds to come again."""
        now = self.clock()
        until = self._refused_until.get(sender.key, now)
        if until <= now:
            takes = timedelta(seconds=items / sender.per_second + _SHARE_SECONDS)
            with self.database.writing(durable=False) as cx:
                until = book_items(cx, sender.key, takes, _SAVED_UP, now)
            self._refused_until[sender.key] = until
        return max(0, math.ceil((until - now).total_seconds()))
