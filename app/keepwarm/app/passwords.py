"""Passwords of the team: made, hashed and compared.

A password is kept as scrypt makes it of a salt and the password (RFC 7914), with its cost beside
it, so that the cost can be raised and old passwords still open.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from datetime import datetime
from typing import Final

from keepwarm.store.accounts import Account, account_of, note_sign_in
from keepwarm.store.audit import note
from keepwarm.store.database import Database

_MADE_BYTES: Final = 12
_SALT_BYTES: Final = 16
#: Take 32 MB and some fifty milliseconds.
_N, _R, _P = 2**15, 8, 1
_MEMORY: Final = 64 * 1024 * 1024
#: So many are compared at once, whoever asks: together they take no more than some 130 MB.
_AT_ONCE: Final = threading.BoundedSemaphore(4)


def new_password() -> str:
    """Make a password that nobody can guess."""
    return secrets.token_urlsafe(_MADE_BYTES)


def hashed(password: str) -> str:
    """Give what may be kept of a password."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt {_N} {_R} {_P} {salt.hex()} {_scrypt(password, salt, _N, _R, _P).hex()}"


def sign_in(database: Database, email: str, password: str, now: datetime) -> Account | None:
    """Give the account that the password opens, and note who came; None where they do not fit."""
    account = opened_by(database, email, password)
    with database.writing() as cx:
        if account is not None:
            note_sign_in(cx, account.email, "password", now)
        else:
            # What was typed is kept only where it is an account: it may be a password as well.
            known = account_of(cx, email)
            account_name = "unknown" if known is None else known.email
            detail = {"with": "password", "account": account_name}
            note(cx, "nobody", "failed to sign in", detail, now)
    return account


def opened_by(database: Database, email: str, password: str) -> Account | None:
    """Give the account that the password opens; None where there is no such pair.

    Takes as long for an address that has no account, so that nobody learns which have.
    """
    with database.reading() as cx:
        account = account_of(cx, email)
    # Outside of any transaction, since it is slow on purpose.
    is_right = _opens(password, _NOBODYS if account is None else account.password)
    return account if is_right else None


def _opens(password: str, kept: str) -> bool:
    _, n, r, p, salt, made = kept.split()
    tried = _scrypt(password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(tried.hex(), made)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # A form may hold what no text in UTF-8 can.
    given = password.encode(errors="surrogatepass")
    with _AT_ONCE:
        return hashlib.scrypt(given, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY)


#: A password that nobody has.
_NOBODYS: Final = f"scrypt {_N} {_R} {_P} {'00' * _SALT_BYTES} {'00' * 64}"
