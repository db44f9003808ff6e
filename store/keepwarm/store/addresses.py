"""E-mail addresses and phone numbers in the one form by which they are compared."""

from __future__ import annotations

import hashlib
import hmac

from keepwarm.schema.words import Channel


def normal_address(channel: Channel, address: str) -> str:
    """Give the form in which an address is kept, looked up and hashed.

    Letter case never tells two mailboxes apart in practice, and a suppression that misses one
    because of it mails somebody who said no.
    """
    text = address.strip()
    match channel:
        case Channel.EMAIL:
            return text.lower()
        case Channel.SMS:
            return "".join(sign for sign in text if sign.isdigit() or sign == "+")
        case _:
            return text


def address_hash(pepper: bytes, channel: Channel, address: str) -> str:
    """Give the hash by which an address is known where it may not be kept itself.

    Without the pepper, which lives outside the database, it cannot be found out by trying.
    """
    form = normal_address(channel, address).encode()
    return hmac.new(pepper, form, hashlib.sha256).hexdigest()
