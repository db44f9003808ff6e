"""Finding the customer who is meant: by the company's own identifier, by e-mail or phone."""

from __future__ import annotations

from keepwarm.schema.words import Channel
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer, find_by_address, find_customer


def find_meant(cx: Connection, said: str) -> list[Customer]:
    """Give the customers who may be meant: one, none, or several who share an address.

    An identifier goes before an address that reads the same.
    """
    known = find_customer(cx, said)
    if known is not None:
        return [known]
    if "@" in said:
        return find_by_address(cx, Channel.EMAIL, said)
    if any(sign.isdigit() for sign in said):
        return find_by_address(cx, Channel.SMS, said)
    return []
