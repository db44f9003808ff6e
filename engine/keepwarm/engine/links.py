"""Links in messages: signed, without an address in them, good for ever (law 24).

A token is `<version><key><numbers><signature>` in URL-safe base64. It says which customer and which
message; what for is in the path before it. The signature is the first 16 bytes of an HMAC-SHA256,
so a token can neither be guessed nor changed. Old keys keep verifying after a new one signs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

_FORM: Final = struct.Struct(">BBqq")
_VERSION: Final = 1
#: What begins the token of a task, so that no customer's link is one.
_OF_A_TASK: Final = 2
_SIGNATURE_BYTES: Final = 16
#: How many bytes SHA-256 takes at once.
_BLOCK: Final = 64
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """What following a link is for; the value is its path."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    SURVEY = "survey"
    CONFIRM = "confirm"


#: The links that templates name in messages to customers, and what they are for.
LEADS_TO: Final[Mapping[str, Purpose]] = {
    "unsubscribe_url": Purpose.UNSUBSCRIBE,
    "preferences_url": Purpose.PREFERENCES,
    "confirm_url": Purpose.CONFIRM,
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a genuine token points at: keys of our own rows, nothing personal."""

    customer_id: int
    #: The message that carried the link.
    message_id: int


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links with one signing key and perhaps older ones."""

    #: The public address of the service, without a slash at its end.
    base_url: str
    #: Key number (0 to 255) -> secret of at least 16 bytes.
    secrets: Mapping[int, bytes]
    #: The key that signs.
    signing: int

    def url(self, purpose: Purpose, token: str) -> str:
        """Give the address to put into a message."""
        return f"{self.base_url}/{purpose}/{token}"

    def token(self, customer_id: int, message_id: int) -> str:
        """Give the token that all links of a message share."""
        return self.tokens([(customer_id, message_id)])[0]

    def tokens(self, keys: Iterable[tuple[int, int]]) -> list[str]:
        """Give the token of each (customer, message); what they share is looked up once."""
        secret, signing = self.secrets[self.signing], self.signing
        pack = partial(_FORM.pack, _VERSION, signing)
        bodies = [pack(customer_id, message_id) for customer_id, message_id in keys]
        return [_written(body + _signature(secret, body)) for body in bodies]

    def task_url(self, copy_id: int) -> str:
        """Give the address at which somebody may say what came of a task."""
        body = _FORM.pack(_OF_A_TASK, self.signing, copy_id, 0)
        token = _written(body + _signature(self.secrets[self.signing], body))
        return f"{self.base_url}/task/{token}"

    def read(self, token: str) -> Pointer | None:
        """Give what a token points at; None unless it is one of ours, whole and unchanged."""
        return self._read(token, _VERSION)

    def read_task(self, token: str) -> int | None:
        """Give whose copy of a task a token is about; None unless it is ours, and a task's."""
        found = self._read(token, _OF_A_TASK)
        return None if found is None else found.customer_id

    def _read(self, token: str, wanted: int) -> Pointer | None:
        try:
            signed = base64.b64decode(
                token + "=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
        except (binascii.Error, ValueError):
            return None
        body, signature = signed[: _FORM.size], signed[_FORM.size :]
        if len(body) != _FORM.size or len(signature) != _SIGNATURE_BYTES:
            return None
        if _written(signed) != token:  # base64 has several spellings of the same bytes
            return None
        version, key, customer_id, message_id = _FORM.unpack(body)
        secret = self.secrets.get(key)
        if version != wanted or secret is None:
            return None
        if not hmac.compare_digest(_signature(secret, body), signature):
            return None
        return Pointer(customer_id, message_id)


def _written(signed: bytes) -> str:
    return binascii.b2a_base64(signed, newline=False).translate(_URL_SAFE, b"=").decode()


def _signature(secret: bytes, body: bytes) -> bytes:
    """Give the beginning of an HMAC-SHA256, made of its two hashes (RFC 2104).

    Both begin alike for every signature by a key, and to copy them costs a third of what it costs
    to copy an `hmac.HMAC`. Mails carry links by the hundred thousand.
    """
    of_key, of_whole = _keyed(secret)
    inner, outer = of_key.copy(), of_whole.copy()
    inner.update(body)
    outer.update(inner.digest())
    return outer.digest()[:_SIGNATURE_BYTES]


@lru_cache(maxsize=16)
def _keyed(secret: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Give how the inner and the outer hash of every signature by a key begin."""
    short = secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()
    key = short.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)
