"""In which countries customers are, as far as that is known: phone numbers are read by it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from keepwarm.store.customers import keys_of, read_customers
from keepwarm.store.fitting import country_told

#: The attribute by whose two letters phone numbers without a country are read.
COUNTRY: Final = "country"


def countries_of(cx: Connection, customers: Collection[str]) -> dict[str, str]:
    """Give the countries of customers by their identifiers; those not known are left out."""
    keys = keys_of(cx, sorted(customers))
    found = {
        each.id: country_told(each.attributes.get(COUNTRY))
        for each in read_customers(cx, sorted(set(keys.values())))
    }
    known = ((name, found.get(key)) for name, key in keys.items())
    return {name: country for name, country in known if country is not None}
