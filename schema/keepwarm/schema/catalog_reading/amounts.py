"""Small phrases that only the catalog has: money, scales and time zones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from keepwarm.schema.countries import COUNTRIES, MEANT
from keepwarm.schema.reading import Grammar, Read, Refusal
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import LANGUAGE


@dataclass(frozen=True, slots=True)
class Money:
    """`12 EUR`."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        is_whole = self.amount == self.amount.to_integral_value()
        return (
            f"{self.amount:.0f} {self.currency}"
            if is_whole
            else f"{self.amount:.2f} {self.currency}"
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """`0 to 10`: the lowest and the highest answer."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


def read_money(text: str) -> Read[Money] | Refusal:
    """Read an amount of money."""
    return _MONEY.read(text)


def read_scale(text: str) -> Read[Scale] | Refusal:
    """Read the scale of a survey."""
    return _SCALE.read(text)


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


def _parse_money(said: str) -> Money | Refusal | None:
    match = _AMOUNT.fullmatch(said)
    if match is None:
        return _refused_amount(said)
    word = (match["before"] or match["after"]).upper()
    currency = _SIGNS.get(word, word)
    if not re.fullmatch(r"[A-Z]{3}", currency):
        return Refusal(
            f"{quoted(word)} is not a currency", "write its three letters, for example EUR or USD"
        )
    return Money(Decimal(match["amount"]), currency)


def _refused_amount(said: str) -> Refusal | None:
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,2})?", said):
        return Refusal(f"{quoted(said)} names no currency", f'for example "{said} EUR"')
    # Braces put a space behind the comma: there it ends an entry, but for words without a colon.
    if match := re.fullmatch(r"(?P<whole>[0-9]{1,9}), ?(?P<part>[0-9]{1,2} .+)", said):
        meant = f"{match['whole']}.{match['part']}"
        return Refusal("write a point, not a comma, in an amount of money", None, meant)
    return None


def _parse_scale(said: str) -> Scale | Refusal | None:
    match = re.fullmatch(r"(?:from )?(?P<low>[0-9]{1,4}) ?(?:to|-) ?(?P<high>[0-9]{1,4})", said)
    if match is None:
        return None
    low, high = int(match["low"]), int(match["high"])
    if low >= high:
        meant = str(Scale(high, low)) if low > high else None
        return Refusal(f"{quoted(said)} does not go up", 'for example "0 to 10"', meant)
    return Scale(low, high)


_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "EURO": "EUR", "EUROS": "EUR", "DOLLARS": "USD"}
_AMOUNT = re.compile(
    r"(?P<before>[€$£]|[A-Za-z]{3})? ?(?P<amount>[0-9]{1,12}(?:\.[0-9]{1,2})?)"
    r"(?(before)| ?(?P<after>[€$£]|[A-Za-z]+))"
)
_MONEY: Grammar[Money] = Grammar(
    "an amount of money", 'for example "12 EUR"', frozenset(), _parse_money
)
_SCALE: Grammar[Scale] = Grammar(
    "a scale", 'for example "0 to 10"', frozenset({"to"}), _parse_scale
)
