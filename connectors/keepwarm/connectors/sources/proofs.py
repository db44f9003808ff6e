"""Proofs that a call comes from who it says: signatures over the raw bytes, in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

#: How old a signed call may be, and how far ahead a clock: what providers themselves recommend.
REPLAY_WINDOW: Final = timedelta(minutes=5)


def is_signed(
    signatures: Iterable[bytes],
    secrets: Iterable[bytes],
    content: bytes,
    digest: Callable[..., Any] = hashlib.sha256,
) -> bool:
    """Tell whether one of the secrets made one of the signatures of these bytes."""
    found = list(signatures)
    fits = False
    for secret in secrets:
        wanted = hmac.new(secret, content, digest).digest()
        for signature in found:
            # Not ended at the first that fits: how long it takes should not tell which did.
            fits |= hmac.compare_digest(signature, wanted)
    return fits


def is_shown(shown: str, secrets: Iterable[str]) -> bool:
    """Tell whether one of the secrets was shown, by a provider that signs nothing."""
    fits = False
    for secret in secrets:
        fits |= hmac.compare_digest(shown.encode(), secret.encode())
    return fits


def is_recent(moment: datetime | None, now: datetime) -> bool:
    """Tell whether a call was signed just now, so that one that was overheard is refused."""
    return moment is not None and abs(now - moment) <= REPLAY_WINDOW


def from_hex(text: str) -> bytes:
    """Give the bytes of a signature in hexadecimal, as it is written by providers; else none.

    Capitals and spaces would let other texts pass for the same signature, as no provider's own
    library does.
    """
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if found.hex() == text else b""


def from_base64(text: str) -> bytes:
    """Give the bytes of a signature in base64; none where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def moment_of(seconds: str) -> datetime | None:
    """Give the moment of a time in seconds since 1970; None where it is none."""
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > len("99999999999"):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError, ValueError):
        return None


def password_in(authorization: str) -> str:
    """Give the password of Basic auth, or a Bearer token; empty where there is neither."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    return from_base64(rest.strip()).decode("utf-8", "replace").partition(":")[2]
