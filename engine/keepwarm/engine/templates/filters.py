"""The filters that Keepwarm adds to Liquid, and safe forms of two that Liquid has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from zoneinfo import ZoneInfo

from liquid import RenderContext
from liquid.filter import with_context

from keepwarm.engine.templates.faults import Unfit, is_missing
from keepwarm.engine.templates.languages import local_words
from keepwarm.engine.templates.local_words import SIGNS, WITHOUT_CENTS, LocalWords
from keepwarm.engine.templates.places import safe_link
from keepwarm.engine.timing import zone_named

#: Where `date` looks for a zone, in this order.
ZONE_PATHS = (("zone",), ("customer", "timezone"))

CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
DIRECTIVE = re.compile(r"%(-?)(.)", re.DOTALL)
_LARGEST_SUM = Decimal(10) ** 15


@with_context
def money(amount: object, currency: object = None, *, context: RenderContext) -> object:
    """Give an amount with its currency, as the language of the message writes it."""
    if amount is None or is_missing(amount):
        return amount
    if not isinstance(currency, str) or not CURRENCY.fullmatch(currency):
        raise Unfit("`money` needs a currency", mend="write money: 'EUR'")
    words = local_words(language_of(context))
    places = 0 if currency in WITHOUT_CENTS else 2
    rounded = _amount(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    digits = f"{abs(rounded):,}"
    digits = digits.translate({ord(","): words.thousands, ord("."): words.decimal})
    sign = SIGNS.get(str(currency))
    pattern = words.money if sign else words.money.replace("{sign}{amount}", "{sign}\u00a0{amount}")
    text = pattern.format(sign=sign or currency, amount=digits)
    return f"-{text}" if rounded < 0 else text


def _amount(amount: object) -> Decimal:
    try:
        number = Decimal(str(amount)) if not isinstance(amount, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= _LARGEST_SUM:
        raise Unfit("`money` was given what is no amount", mend="give it a number")
    return number


#: The forms of a date that have a name.
DATE_FORMS: Mapping[str, Callable[[LocalWords], str]] = MappingProxyType(
    {
        "long": lambda words: words.long_date,
        "short": lambda words: words.short_date,
        "full": lambda words: words.full_date,
        "time": lambda words: words.clock,
    }
)


@with_context
def date_text(moment: object, form: object = "long", *, context: RenderContext) -> object:
    """Give a date or moment in words; a moment is told by the customer's own clock.

    The form is `long`, `short`, `full`, `time`, or made of %-directives as in strftime.
    """
    if moment is None or is_missing(moment):
        return moment
    if not isinstance(form, str):
        raise Unfit("`date` needs a form", mend="write date: 'long' or date: '%d %B %Y'")
    words = local_words(language_of(context))
    known = DATE_FORMS.get(str(form))
    pattern = str(form) if known is None else known(words)
    when = _moment(moment, zone_of(context))
    return DIRECTIVE.sub(lambda found: _directive(found, when, words), pattern)


def _moment(value: object, zone: ZoneInfo | None) -> datetime:
    """Read a date (`2026-01-31`) or a moment (`2026-01-31T08:00:00Z`), put on the local clock."""
    match value:
        case datetime():
            moment = value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str():
            try:
                moment = datetime.fromisoformat(value.strip())
            except ValueError:
                raise Unfit("`date` was given what is no date", mend="2026-01-31") from None
            if len(value.strip()) == len("2026-01-31"):
                return moment.replace(tzinfo=UTC)
        case _:
            raise Unfit("`date` was given what is no date", mend="2026-01-31")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(zone) if zone else aware
    except OverflowError:
        return aware


def _directive(found: re.Match[str], when: datetime, words: LocalWords) -> str:
    make = DIRECTIVES.get(found[2])
    if make is None:
        raise Unfit(
            f"`date` does not know %{found[2]}",
            mend=f"it knows {' '.join(f'%{each}' for each in DIRECTIVES)}",
        )
    text = make(when, words)
    return (text.lstrip("0") or "0") if found[1] and text.isdigit() else text


DIRECTIVES: dict[str, Callable[[datetime, LocalWords], str]] = {
    "d": lambda when, _: f"{when.day:02}",
    "e": lambda when, _: f"{when.day:2}",
    "m": lambda when, _: f"{when.month:02}",
    "B": lambda when, words: words.months[when.month - 1],
    "b": lambda when, words: words.short_months[when.month - 1],
    "Y": lambda when, _: f"{when.year:04}",
    "y": lambda when, _: f"{when.year % 100:02}",
    "A": lambda when, words: words.weekdays[when.weekday()],
    "a": lambda when, words: words.short_weekdays[when.weekday()],
    "H": lambda when, _: f"{when.hour:02}",
    "I": lambda when, _: f"{when.hour % 12 or 12:02}",
    "l": lambda when, _: f"{when.hour % 12 or 12:2}",
    "M": lambda when, _: f"{when.minute:02}",
    "p": lambda when, _: "AM" if when.hour < 12 else "PM",  # noqa: PLR2004  noon
    "j": lambda when, _: f"{when.timetuple().tm_yday:03}",
    "%": lambda _when, _words: "%",
}


def link(address: object) -> object:
    """Give the link if it leads to the web, to a mail or to a telephone; else `#`."""
    if address is None or is_missing(address):
        return address
    return safe_link(str(address))


def as_text(value: object) -> object:
    """Give a value as it is, where a filter would make HTML of it."""
    return value


def strip_html(value: object) -> str:
    """Give the words without HTML tags, in one pass, however the text is made."""
    text, kept, at = "" if value is None else str(value), [], 0
    while (opened := text.find("<", at)) >= 0:
        closed = text.find(">", opened)
        if closed < 0:
            break
        kept.append(text[at:opened])
        at = closed + 1
    return "".join([*kept, text[at:]])


def language_of(context: RenderContext) -> str | None:
    """Give the language of the words that are being written."""
    language: str | None = getattr(context.template, "language", None)
    return language


def zone_of(context: RenderContext) -> ZoneInfo | None:
    """Give the zone that the run goes by, else that of the customer's profile, else the project's.

    None, and so UTC, only where none of them is the name of a zone.
    """
    names = [context.get(list(path), token=None, default=None) for path in ZONE_PATHS]
    for name in (*names, getattr(context.template, "timezone", None)):
        if isinstance(name, str):
            try:
                return zone_named(name)
            except (ValueError, OSError, KeyError):  # an unknown zone, or no name of a file
                continue
    return None
