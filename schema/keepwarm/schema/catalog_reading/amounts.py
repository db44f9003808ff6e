"""Small phrases that only the catalog has: money and scales."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from keepwarm.schema.reading import Grammar, Read, Refusal
from keepwarm.schema.suggestions import quoted


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
