"""How dates and money are written in the languages that mails are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class LocalWords:
    """The words and signs of one language."""

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    #: Monday first.
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    #: Patterns of the `date` filter.
    long_date: str
    full_date: str
    #: Between thousands, and before the cents.
    thousands: str
    decimal: str
    #: `{sign}` and `{amount}`.
    money: str
    short_date: str = "%-d %b %Y"
    clock: str = "%H:%M"


def parted(text: str) -> tuple[str, ...]:
    """Give the words of a text that has a bar between them."""
    return tuple(text.split("|"))


_NO_BREAK = "\u00a0"

ENGLISH = LocalWords(
    months=parted(
        "January|February|March|April|May|June|July|August|September|October|November|December",
    ),
    short_months=parted("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"),
    weekdays=parted("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    short_weekdays=parted("Mon|Tue|Wed|Thu|Fri|Sat|Sun"),
    long_date="%-d %B %Y",
    full_date="%A %-d %B %Y",
    thousands=",",
    decimal=".",
    money="{sign}{amount}",
)
_DUTCH = LocalWords(
    months=parted(
        "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
    ),
    short_months=parted("jan|feb|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec"),
    weekdays=parted("maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag"),
    short_weekdays=parted("ma|di|wo|do|vr|za|zo"),
    long_date="%-d %B %Y",
    full_date="%A %-d %B %Y",
    thousands=".",
    decimal=",",
    money="{sign}" + _NO_BREAK + "{amount}",
)
_GERMAN = LocalWords(
    months=parted(
        "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    ),
    short_months=parted("Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez."),
    weekdays=parted("Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag"),
    short_weekdays=parted("Mo|Di|Mi|Do|Fr|Sa|So"),
    long_date="%-d. %B %Y",
    full_date="%A, %-d. %B %Y",
    short_date="%-d. %b %Y",
    thousands=".",
    decimal=",",
    money="{amount}" + _NO_BREAK + "{sign}",
)
_FRENCH = LocalWords(
    months=parted(
        "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
    ),
    short_months=parted("janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc."),
    weekdays=parted("lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"),
    short_weekdays=parted("lun.|mar.|mer.|jeu.|ven.|sam.|dim."),
    long_date="%-d %B %Y",
    full_date="%A %-d %B %Y",
    thousands="\u202f",
    decimal=",",
    money="{amount}" + _NO_BREAK + "{sign}",
)
_SPANISH = LocalWords(
    months=parted(
        "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    ),
    short_months=parted("ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic"),
    weekdays=parted("lunes|martes|miércoles|jueves|viernes|sábado|domingo"),
    short_weekdays=parted("lun|mar|mié|jue|vie|sáb|dom"),
    long_date="%-d de %B de %Y",
    full_date="%A, %-d de %B de %Y",
    thousands=".",
    decimal=",",
    money="{amount}" + _NO_BREAK + "{sign}",
)
_PORTUGUESE = LocalWords(
    months=parted(
        "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
    ),
    short_months=parted("jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez."),
    weekdays=parted(
        "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
    ),
    short_weekdays=parted("seg.|ter.|qua.|qui.|sex.|sáb.|dom."),
    long_date="%-d de %B de %Y",
    full_date="%A, %-d de %B de %Y",
    short_date="%-d de %b de %Y",
    thousands=".",
    decimal=",",
    money="{amount}" + _NO_BREAK + "{sign}",
)

LOCAL_WORDS: Mapping[str, LocalWords] = MappingProxyType(
    {
        "en": ENGLISH,
        "nl": _DUTCH,
        "de": _GERMAN,
        "fr": _FRENCH,
        "es": _SPANISH,
        "pt": _PORTUGUESE,
        "pt-br": LocalWords(
            months=_PORTUGUESE.months,
            short_months=_PORTUGUESE.short_months,
            weekdays=_PORTUGUESE.weekdays,
            short_weekdays=_PORTUGUESE.short_weekdays,
            long_date=_PORTUGUESE.long_date,
            full_date=_PORTUGUESE.full_date,
            short_date=_PORTUGUESE.short_date,
            thousands=".",
            decimal=",",
            money="{sign}" + _NO_BREAK + "{amount}",
        ),
    },
)

#: Signs that everybody reads; other currencies show their code.
SIGNS: Mapping[str, str] = MappingProxyType(
    {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "BRL": "R$", "INR": "₹"},
)
#: Currencies that have no cents.
WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF", "HUF"})
