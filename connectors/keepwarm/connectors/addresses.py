"""Addresses and other words of people that stand in headers: valid, or said to be not."""

from __future__ import annotations

import re
from email.utils import parseaddr

#: What breaks a header apart, or a provider's own parsing of it.
_BREAKS_A_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})+)", re.ASCII)
_LONGEST_LOCAL = 64
_LONGEST_EMAIL = 254


def is_email(address: str) -> bool:
    """Tell whether this is an e-mail address that every provider takes: plain ASCII, RFC 5321.

    Addresses in other alphabets are not: SendGrid answers 202 for them and drops the message.
    """
    found = _EMAIL.fullmatch(address)
    return (
        found is not None
        and len(address) <= _LONGEST_EMAIL
        and len(found["local"]) <= _LONGEST_LOCAL
    )


def is_e164(number: str) -> bool:
    """Tell whether this is a telephone number as `+14155550123`."""
    return _E164.fullmatch(number) is not None


def breaks_a_header(text: str) -> bool:
    """Tell whether the text would end a header early: line breaks and control characters."""
    return _BREAKS_A_HEADER.search(text) is not None


def name_and_address(sender: str) -> tuple[str, str] | None:
    """Read `Name <address>` or a bare address; None if it is neither or would break a header."""
    if breaks_a_header(sender):
        return None
    sender = sender.strip()
    before, bracket, rest = sender.rpartition("<")
    if bracket:
        name, address = before.strip().strip('"').strip(), rest.removesuffix(">").strip()
        if not rest.endswith(">"):
            return None
    else:
        name, address = parseaddr(sender)
    return (name, address) if is_email(address) else None
