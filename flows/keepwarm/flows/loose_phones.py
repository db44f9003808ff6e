"""Phone numbers that name no country: read as those of the country that is known of a customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from keepwarm.flows.reading_arrivals import COUNTRY, Reader, ToldProfile
from keepwarm.store.connection import Connection
from keepwarm.store.customers import keys_of, read_customers
from keepwarm.store.fitting import country_told


def settle_phones(
    cx: Connection, reader: Reader, told: Sequence[tuple[str, ToldProfile]]
) -> list[tuple[str, ToldProfile]]:
    """Give profiles with such numbers as their customers' countries say; told ones count at once.

    Where no country is known, that of the catalog counts. What is no number then is a problem.
    """
    loose = {who for who, each in told if each.loose_phone is not None}
    if not loose:
        return list(told)
    countries = _known(cx, loose)
    settled = []
    for who, each in told:
        country = country_told(each.attributes.get(COUNTRY))
        if country is not None:
            countries[who] = country
        settled.append((who, reader.settle_phone(each, countries.get(who))))
    return settled


def _known(cx: Connection, customers: Collection[str]) -> dict[str, str]:
    keys = keys_of(cx, sorted(customers))
    found = {
        each.id: country_told(each.attributes.get(COUNTRY))
        for each in read_customers(cx, sorted(set(keys.values())))
    }
    known = ((name, found.get(key)) for name, key in keys.items())
    return {name: country for name, country in known if country is not None}
