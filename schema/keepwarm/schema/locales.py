"""Where somebody is and what they speak, as standards write it: zones, languages, countries."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from keepwarm.schema.countries import COUNTRIES, MEANT
from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import LANGUAGE


def read_zone(text: str) -> Read[str] | Refusal:
    """Read the name of a time zone, as the IANA database has it."""
    said = text.strip()
    try:
        ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zones = available_timezones()
        # Most people know a zone by its city alone.
        city = next((z for z in sorted(zones) if z.lower().endswith(f"/{said.lower()}")), None)
        return Refusal(
            f"there is no time zone {quoted(said)}",
            "zones are named by a city, for example Europe/Amsterdam",
            city or closest(said, zones),
        )
    return Read(said, said)


def read_language(text: str) -> Read[str] | Refusal:
    """Read the tag of a language, as BCP 47 writes it: `nl`, `pt-BR`."""
    said = text.strip()
    if LANGUAGE.fullmatch(said):
        return Read(said, said)
    language, *more = said.replace("_", "-").split("-")
    near = "-".join((language.lower(), *(each.upper() for each in more)))
    return Refusal(
        f"{quoted(said)} is not how a language is written",
        "two or three small letters, and perhaps a country: for example nl or pt-BR",
        near if LANGUAGE.fullmatch(near) else None,
    )


def read_country(text: str) -> Read[str] | Refusal:
    """Read a country by its two letters, as ISO 3166-1 writes it: `NL`, `GB`."""
    said = text.strip()
    if said in COUNTRIES:
        return Read(said, said)
    near = MEANT.get(said.upper(), said.upper())
    return Refusal(
        f"{quoted(said)} is no country",
        "write its two letters, for example NL or GB",
        near if near in COUNTRIES else None,
    )
