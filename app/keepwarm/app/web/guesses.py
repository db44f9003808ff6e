"""Guesses at passwords: how many are free, and how long one waits after those.

Counted in the database, so that whoever guesses gains nothing by asking several processes of the
web, or by asking many times at once: a guess counts as wrong from before it is looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from fastapi import Request

from keepwarm.app.web.guard import is_private
from keepwarm.flows.pauses import doubled_pause
from keepwarm.store.database import Database
from keepwarm.store.wrong_passwords import Counted, hold_counts, keep_counts

#: So many wrong passwords are free; then each makes the next wait twice as long. Fewest for one
#: account from one place, so that nobody locks others out of their accounts or their office.
_FREE_TRIES: Final = 5
_FREE_TRIES_OF_A_PLACE: Final = 20
_FREE_TRIES_OF_AN_ACCOUNT: Final = 50
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=15)
#: Whoever has one IPv6 address has all of its network.
_NETWORK_BITS: Final = 64
#: Proxies of ours besides those with private addresses.
Proxies: TypeAlias = Sequence[IPv4Network | IPv6Network]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a guess is counted for."""

    of: str
    free: int = _FREE_TRIES
    #: Whether a right password clears what was counted, and does not only take back this guess:
    #: whoever knows one password must not get guesses at the others for it.
    is_cleared: bool = True


def attempts_of(request: Request, name: str, proxies: Proxies) -> tuple[Attempt, ...]:
    """Give what a guess counts for: the account from this place, the place, the account."""
    place = _place(request, proxies)
    return (
        Attempt(f"{name} {place}"),
        Attempt(f" {place}", _FREE_TRIES_OF_A_PLACE, is_cleared=False),
        Attempt(name, _FREE_TRIES_OF_AN_ACCOUNT),
    )


def returns_of(request: Request, proxies: Proxies) -> tuple[Attempt, ...]:
    """Give what coming back from an identity provider counts for: the place alone."""
    return (Attempt(f"provider {_place(request, proxies)}", _FREE_TRIES_OF_A_PLACE),)


def _place(request: Request, proxies: Proxies) -> str:
    """Give the address that a request comes from; behind our proxies, the one that they saw.

    What a proxy of ours saw is the last of the forwarded ones, and that may be another proxy of
    ours. Those before the first that is none are whatever the caller wrote.
    """
    place = request.client.host if request.client else ""
    seen = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",")]
    is_ours = is_private(place) or _is_within(place, proxies)
    while is_ours and seen and seen[-1]:
        place = seen.pop()
        # A private address that was forwarded is one of the office, not one of its proxies.
        is_ours = _is_within(place, proxies)
    return _network(place)


def _is_within(host: str, networks: Proxies) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    plain = (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    return any(plain in network for network in networks)


def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> (128 - _NETWORK_BITS):x}::/{_NETWORK_BITS}"


@dataclass(frozen=True, slots=True)
class Tries:
    """How long who gave wrong passwords has to wait."""

    database: Database
    #: Names are kept as digests under this key.
    key: bytes
    clock: Callable[[], datetime]

    def take(self, attempts: Sequence[Attempt]) -> int:
        """Count a guess as wrong and give 0, or give in how many seconds to come again."""
        now = self.clock()
        with self.database.writing(durable=False) as cx:
            counted = self._held(hold_counts(cx, self._names(attempts), now), attempts, now)
            until = max(each.until for each in counted.values())
            if until > now:
                return math.ceil((until - now).total_seconds())
            more = {each.of: _one_more(counted[each.of], each, now) for each in attempts}
            keep_counts(cx, self._named(more), now)
        return 0

    def was_right(self, attempts: Sequence[Attempt]) -> None:
        """Take the guess back that was counted, and forget the wrong ones before it."""
        now = self.clock()
        with self.database.writing(durable=False) as cx:
            counted = self._held(hold_counts(cx, self._names(attempts), now), attempts, now)
            less = {
                each.of: Counted(0 if each.is_cleared else max(0, counted[each.of].count - 1), now)
                for each in attempts
            }
            keep_counts(cx, self._named(less), now)

    def _names(self, attempts: Sequence[Attempt]) -> list[str]:
        return [self._digest(each.of) for each in attempts]

    def _held(
        self, counted: Mapping[str, Counted], attempts: Sequence[Attempt], now: datetime
    ) -> Mapping[str, Counted]:
        nothing = Counted(0, now)
        return {each.of: counted.get(self._digest(each.of), nothing) for each in attempts}

    def _named(self, counted: Mapping[str, Counted]) -> Mapping[str, Counted]:
        return {self._digest(name): each for name, each in counted.items()}

    def _digest(self, of: str) -> str:
        return hmac.new(self.key, b"guesses " + of.encode(), hashlib.sha256).hexdigest()


def _one_more(counted: Counted, attempt: Attempt, now: datetime) -> Counted:
    count = counted.count + 1
    over = count - attempt.free
    if over < 0:
        return Counted(count, now)
    return Counted(count, now + doubled_pause(_FIRST_PAUSE, over, _LONGEST_PAUSE))
