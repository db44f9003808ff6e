"""A customer's addresses, each with whether it was proved to be theirs."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.engine.gates import CONFIRMED_OF
from keepwarm.schema.words import ADDRESS_OF
from keepwarm.store.customers import Customer


def addresses_of(customer: Customer) -> Iterator[str]:
    """Give the addresses: one is proved once its owner followed the link that was sent to it."""
    for channel, name in ADDRESS_OF.items():
        address = customer.attributes.get(name)
        if address:
            is_proved = customer.attributes.get(CONFIRMED_OF[channel]) is True
            yield f"{address} ({'confirmed' if is_proved else 'not confirmed'})"
