"""Phone numbers that name no country: read as those of the country that is known of a customer."""

from __future__ import annotations

from collections.abc import Sequence

from keepwarm.flows.reading_arrivals import Reader, ToldProfile
from keepwarm.store.connection import Connection
from keepwarm.store.countries import COUNTRY, countries_of
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
    countries = countries_of(cx, loose)
    settled = []
    for who, each in told:
        country = country_told(each.attributes.get(COUNTRY))
        if country is not None:
            countries[who] = country
        settled.append((who, reader.settle_phone(each, countries.get(who))))
    return settled
