"""Limits, shares and amounts as people write them: `3 messages per week`, `5%`, `200 to 900 …`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from keepwarm.schema.lengths import LENGTH_WORDS, Length, parse_length
from keepwarm.schema.reading import COUNT, Grammar, Read, Refusal, counted, inside, plural
from keepwarm.schema.suggestions import quoted
from keepwarm.schema.words import Channel

T = TypeVar("T")


class Per(StrEnum):
    """The stretch of time that a limit counts over."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class AtMost:
    """`3 messages per week`, or of one channel: `1 email per day`."""

    count: int
    per: Per
    #: None counts the messages of every channel.
    channel: Channel | None = None

    def __str__(self) -> str:
        one, many = _MESSAGE_WORDS[self.channel]
        return f"{self.count} {one if self.count == 1 else many} per {self.per}"


@dataclass(frozen=True, slots=True)
class Share:
    """`5%` or `0.5%`; `percent` holds the number before the sign."""

    percent: Decimal

    def __str__(self) -> str:
        return f"{_decimal_text(self.percent)}%"

    @property
    def fraction(self) -> Decimal:
        """Give the share of one: 0.05 for 5%."""
        return self.percent.scaleb(-2)


@dataclass(frozen=True, slots=True)
class Expects:
    """`200 to 900 customers per day`; with `low` 0, `at most 900 customers per day`."""

    low: int
    high: int
    per: Per

    def __str__(self) -> str:
        if self.low:
            return f"{self.low} to {self.high} customers per {self.per}"
        return f"at most {plural(self.high, 'customer')} per {self.per}"


@dataclass(frozen=True, slots=True)
class Budget:
    """`at most 20000 EUR per month`."""

    amount: Decimal
    currency: str
    per: Per

    def __str__(self) -> str:
        return f"at most {_money_text(self.amount)} {self.currency} per {self.per}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a rollout: `25% for 4 days`; the last one, `100%`, has no end."""

    share: Share
    length: Length | None = None

    def __str__(self) -> str:
        return str(self.share) if self.length is None else f"{self.share} for {self.length}"


def read_at_most(text: str) -> Read[AtMost] | Refusal:
    """Read a limit on messages."""
    return _AT_MOST.read(text)


def read_share(text: str) -> Read[Share] | Refusal:
    """Read a percentage from 0% to 100%."""
    return _SHARE.read(text)


def read_expects(text: str) -> Read[Expects] | Refusal:
    """Read how many customers a playbook expects to enter."""
    return _EXPECTS.read(text)


def read_budget(text: str) -> Read[Budget] | Refusal:
    """Read a limit on money."""
    return _BUDGET.read(text)


def read_stage(text: str) -> Read[Stage] | Refusal:
    """Read one stage of a rollout."""
    return _STAGE.read(text)


def _parse_at_most(said: str) -> AtMost | Refusal | None:
    match = _MESSAGES_PER.fullmatch(said)
    if match is None:
        return None
    words = {word: channel for channel, forms in _MESSAGE_FORMS.items() for word in forms}
    what = match["what"].lower()
    if what not in words:
        return None
    per = _per(match["per"])
    if not isinstance(per, Per):
        return per
    count = counted(match["count"])
    if count == 0:
        return Refusal(
            f"{quoted(said)} would send nothing at all",
            'leave the step out, or write "1 message per month"',
        )
    return AtMost(count, per, words[what])


def _per(word: str) -> Per | Refusal | None:
    plain = word.lower()
    if plain in _PER_WORDS:
        return _PER_WORDS[plain]
    if plain in {"hour", "minute", "year", "quarter", "fortnight"}:
        return Refusal(f'nothing is counted "per {plain}"', "write per day, per week or per month")
    return None


def parse_share(said: str) -> Share | Refusal | None:
    """Parse a percentage out of tidied text; None where the text is nothing like one."""
    match = _PERCENT.fullmatch(said)
    if match is None:
        return _refused_share(said)
    if "," in match["number"]:
        meant = match["number"].replace(",", ".")
        return Refusal(f"write a point, not a comma, in {quoted(said)}", None, f"{meant}%")
    percent = Decimal(match["number"])
    if percent > _ALL:
        return Refusal(f"{quoted(said)} is more than everybody", "a share lies between 0% and 100%")
    return Share(_plain_decimal(percent))


def _refused_share(said: str) -> Refusal | None:
    if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,6})?", said):
        return None
    number = Decimal(said)
    # 0.05 is a share of one; 5 has only lost its sign.
    percent = number * _ALL if number < 1 else number
    meant = str(Share(_plain_decimal(percent))) if 0 < percent <= _ALL else None
    return Refusal(f'{quoted(said)} needs a "%"', 'for example "5%" or "0.5%"', meant)


def _parse_expects(said: str) -> Expects | Refusal | None:
    match = _CUSTOMERS_PER.fullmatch(said)
    if _BARE.fullmatch(said):
        return Refusal(
            f"{quoted(said)} does not say per what",
            f'for example "at most {said} customers per day"',
        )
    if match is None:
        return _with_separators(said, _parse_expects)
    per = _per(match["per"])
    if not isinstance(per, Per):
        return per
    low, high = int(match["low"] or 0), int(match["high"])
    if high == 0:
        return Refusal(
            f"{quoted(said)} lets nobody in", 'for example "at most 900 customers per day"'
        )
    if low > high:
        return Refusal(
            f"{quoted(said)} begins higher than it ends", None, str(Expects(high, low, per))
        )
    return Expects(low, high, per)


def _parse_budget(said: str) -> Budget | Refusal | None:
    match = _MONEY_PER.fullmatch(said)
    if _BARE.fullmatch(said):
        return Refusal(
            f"{quoted(said)} needs a currency, and per what",
            f'for example "at most {said} EUR per month"',
        )
    if match is None:
        return _without_currency(said) or _with_separators(said, _parse_budget)
    per = _per(match["per"])
    if not isinstance(per, Per):
        return per
    word = (match["before"] or match["after"]).lower()
    currency = _SIGNS.get(word, word.upper())
    amount = _plain_decimal(Decimal(match["amount"]))
    if amount == 0:
        return Refusal(f"{quoted(said)} allows nothing", "leave the offers out, or allow an amount")
    if len(currency) != _CURRENCY_LETTERS:
        return Refusal(
            f"{quoted(match['before'] or match['after'])} is not a currency",
            "write its three letters, for example EUR, USD or GBP",
        )
    return Budget(amount, currency, per)


def _without_currency(said: str) -> Refusal | None:
    match = _AMOUNT_PER.fullmatch(said)
    if match is None:
        return None
    example = f"at most {match['amount']} EUR per {match['per']}"
    return Refusal(f"{quoted(said)} names no currency", f'for example "{example}"')


def _parse_stage(said: str) -> Stage | Refusal | None:
    match = re.fullmatch(
        r"(?P<share>[^ ]+(?: %| percent)?)(?: for (?P<length>.+))?", said, re.IGNORECASE
    )
    share = parse_share(match["share"]) if match else None
    if match is None or share is None:
        return None
    if isinstance(share, Refusal):
        return inside(share, "", f" for {match['length']}" if match["length"] else "")
    if share.percent == 0:
        return Refusal(f"{quoted(said)} reaches nobody", 'for example "5% for 3 days"')
    if match["length"] is None:
        return Stage(share)
    length = parse_length(match["length"])
    if isinstance(length, Refusal):
        return inside(length, f"{share} for ")
    if length is not None and length.unit.is_working:
        return Refusal(
            f'a rollout has no working calendar for "{length}"', 'for example "5% for 3 days"'
        )
    return None if length is None else Stage(share, length)


def _with_separators(said: str, parse: Callable[[str], T | Refusal | None]) -> Refusal | None:
    """Refuse a number written with separators, which half of Europe reads as a decimal point."""
    plain = re.sub(r"(?<=[0-9])[.,_' ](?=[0-9]{3}(?![0-9]))", "", said)
    if plain == said:
        return None
    meant = parse(plain)
    if meant is None or isinstance(meant, Refusal):
        return None
    return Refusal(f"write the number in {quoted(said)} in digits alone", None, str(meant))


def _plain_decimal(number: Decimal) -> Decimal:
    """Give the number with no zeros behind the point, so that equal numbers are spelt alike."""
    return Decimal(_decimal_text(number))


def _money_text(amount: Decimal) -> str:
    return _decimal_text(amount) if amount == int(amount) else f"{amount:.2f}"


def _decimal_text(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_ALL = Decimal(100)
_CURRENCY_LETTERS = 3
_PER_WORDS = {
    **{per.value: per for per in Per},
    "daily": Per.DAY,
    "weekly": Per.WEEK,
    "monthly": Per.MONTH,
}
_MESSAGE_FORMS: dict[Channel | None, tuple[str, ...]] = {
    None: ("message", "messages"),
    Channel.EMAIL: ("email", "emails", "e-mail", "e-mails", "mail", "mails"),
    Channel.SMS: ("sms", "smses", "text", "texts", "text message", "text messages"),
    Channel.PUSH: ("push message", "push messages", "push", "pushes", "push notifications"),
}
#: One of them and several, as the language spells them.
_MESSAGE_WORDS = {
    None: ("message", "messages"),
    Channel.EMAIL: ("email", "emails"),
    Channel.SMS: ("sms", "sms"),
    Channel.PUSH: ("push message", "push messages"),
}
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "euro": "EUR", "euros": "EUR", "dollars": "USD"}

_PER = r"(?:(?: ?/ ?| per | an? | each | every )(?P<per>[A-Za-z]+))"
_UP_TO = r"(?:at most |up to |max(?:imum|\.)? |no more than |<= ?)"
_MESSAGES_PER = re.compile(
    rf"{_UP_TO}?(?P<count>{COUNT}) (?P<what>[A-Za-z-]+(?: [A-Za-z]+)?){_PER}", re.IGNORECASE
)
_PERCENT = re.compile(
    r"(?P<number>[0-9]{1,3}(?:[.,][0-9]{1,6})?) ?(?:%|percent|per cent|pct)", re.IGNORECASE
)
_CUSTOMERS_PER = re.compile(
    rf"(?:{_UP_TO}|(?:between )?(?P<low>[0-9]{{1,9}}) ?(?:to|and|-) ?)(?P<high>[0-9]{{1,9}})"
    rf" (?:customers?|people|persons?){_PER}",
    re.IGNORECASE,
)
_MONEY_PER = re.compile(
    rf"{_UP_TO}?(?P<before>[€$£]|[A-Za-z]{{3}}\b)? ?(?P<amount>[0-9]{{1,12}}(?:\.[0-9]{{1,2}})?)"
    rf"(?(before)| ?(?P<after>[€$£]|[A-Za-z]+)){_PER}",
    re.IGNORECASE,
)
_AMOUNT_PER = re.compile(
    rf"{_UP_TO}?(?P<amount>[0-9]{{1,12}}(?:\.[0-9]{{1,2}})?){_PER}", re.IGNORECASE
)

_AT_MOST = Grammar(
    "a limit on messages",
    'for example "3 messages per week", "1 email per day" or "2 sms per month"',
    frozenset(
        ["message", "messages", "email", "emails", "sms", "push", "per", "day", "week", "month"]
    ),
    _parse_at_most,
)
_SHARE = Grammar("a share", 'for example "5%" or "0.5%"', frozenset({"percent"}), parse_share)
_BARE = re.compile(r"[0-9]{1,9}")
_EXPECTS = Grammar(
    "a number of customers",
    'for example "200 to 900 customers per day" or "at most 900 customers per day"',
    frozenset(["to", "at", "most", "customer", "customers", "per", "day", "week", "month"]),
    _parse_expects,
)
_BUDGET = Grammar(
    "a budget",
    'for example "at most 20000 EUR per month"',
    frozenset(["at", "most", "per", "day", "week", "month"]),
    _parse_budget,
)
_STAGE = Grammar(
    "a stage of a rollout",
    'for example "25% for 4 days" or "100%"',
    LENGTH_WORDS | {"for", "percent"},
    _parse_stage,
)
