"""Draws: chance that is the same each time it is asked (law 5)."""

import hashlib

_DIGITS = 13
_SPAN = float(1 << (4 * _DIGITS))


def share_of(salt: str, customer: str) -> float:
    """Give the customer's place in 0 <= share < 1 for this salt: a hash, uniform, and stable.

    The same customer has the same place under retry, re-entry and re-weighting; places under two
    salts are independent. MD5 because both databases can compute the same place in SQL; nothing
    here is secret. 52 bits, so that the float is exact.
    """
    digest = hashlib.md5(f"{salt}/{customer}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:_DIGITS], 16) / _SPAN
