"""What arrives as text or JSON, made to fit the catalog: a value of its kind, or why it is none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import orjson
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from keepwarm.engine.facts import Value, moment_text
from keepwarm.engine.timing import local_moment
from keepwarm.schema.catalog import Attribute
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.countries import COUNTRIES
from keepwarm.schema.suggestions import closest, listed, quoted
from keepwarm.store.moments import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why something is not a value of its fact: the end of a sentence that begins with its name."""

    reason: str


#: Gives a value of a fact's kind, None for nothing at all, or why it is neither.
Fit: TypeAlias = Callable[[object], Value | Misfit | None]

#: Programs write a third of one as 0.33333333333333331, and thousandths of a cent with it.
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,30})?")
_LONG_NUMBER: Final = re.compile(r"[+-]?[0-9]{16,}(?:\.[0-9]+)?")
#: Beyond it JSON's integers are not safe everywhere.
_LARGEST_INTEGER: Final = 2**53
#: What nobody doubts is the part before the @; other forms are left to the library.
_PLAIN_LOCAL: Final = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_LONGEST_LOCAL: Final = 64
_LONGEST_ADDRESS: Final = 254
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?")
#: How long a day is as text.
_DAY: Final = len("2026-01-31")
#: Books write 9999-12-31 for "never" and 0001-01-01 for "not known"; no reckoning reaches beyond.
YEARS_MEANT: Final = range(1000, 3000)
_FAR_OFF: Final = "which is too far from now to be meant; leave it out where there is none"
_YES: Final = frozenset({"yes", "true", "1", "y", "t"})
_NO: Final = frozenset({"no", "false", "0", "n", "f"})


def fit_for(attribute: Attribute, zone: ZoneInfo, country: str | None = None) -> Fit:
    """Give what makes things fit an attribute, or a property of an event.

    Times that name no zone are read on the zone's clock, telephone numbers that name no country as
    those of the country. Text that is empty is nothing at all.
    """
    if attribute.name == "phone":
        fit: Fit = partial(_phone, country=country)
    else:
        fit = _NAMED.get(attribute.name) or _of_kind(attribute, zone)

    def fitted(raw: object) -> Value | Misfit | None:
        if raw is None:
            return None
        if type(raw) is not str:
            return fit(raw)
        text = raw.strip()
        return fit(text) if text else None

    return fitted


def fit_moment(raw: object, zone: ZoneInfo) -> int | Misfit:
    """Give the instant that is meant by a time, with a zone or without, or by a day (its first).

    In microseconds, as rows hold it.
    """
    if type(raw) is str:
        text = raw.strip()
        return _start_of_day(text, zone) if len(text) <= _DAY else _moment_of_text(text, zone)
    if isinstance(raw, date):  # a datetime is one too
        return _micros(raw, zone)
    return Misfit(f"is {_quoted(raw)}; write a time as 2026-01-31T08:00:00Z")


@lru_cache(maxsize=16_384)  # many rows have the same day
def _start_of_day(text: str, zone: ZoneInfo) -> int | Misfit:
    return _moment_of_text(text, zone)


def _moment_of_text(text: str, zone: ZoneInfo) -> int | Misfit:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Misfit(
            f"is {quoted(text)}; write a day as 2026-01-31, a time as 2026-01-31T08:00:00Z"
        )
    return _micros(moment, zone)


def _micros(moment: date, zone: ZoneInfo) -> int | Misfit:
    if moment.year not in YEARS_MEANT:
        return Misfit(f'is "{moment}", {_FAR_OFF}')
    return to_micros(_aware(moment, zone))


def _aware(moment: date, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        return local_moment(moment, time(), zone)
    if moment.tzinfo is None:
        return local_moment(moment.date(), moment.time(), zone)
    return moment


# ── By kind ──────────────────────────────────────────────────────────────────────────────────


def _of_kind(attribute: Attribute, zone: ZoneInfo) -> Fit:
    match attribute.kind:
        case FactKind.NUMBER:
            return _number
        case FactKind.CHOICE:
            return lambda raw: _choice(raw, attribute.choices)
        case FactKind.TRUTH:
            return _truth
        case FactKind.DATE:
            return _day
        case FactKind.MOMENT:
            return lambda raw: _moment(raw, zone)
        case FactKind.TAGS:
            return _tags
        case _:
            return _text


def _number(raw: object) -> Value | Misfit:
    match raw:
        case str() if _NUMBER.fullmatch(raw):
            return _short(float(raw)) if "." in raw else int(raw)
        case bool():
            pass
        case int() if abs(raw) < _LARGEST_INTEGER:
            return raw
        case str() | int() if _LONG_NUMBER.fullmatch(str(raw)):
            return Misfit(
                f"is {_quoted(raw)}, which is larger than can be kept to the last digit; make it"
                " text in the catalog, if it is an identifier"
            )
        case float() | Decimal() if math.isfinite(raw):
            return _short(float(raw))
        case _:
            pass
    return Misfit(
        f"is {_quoted(raw)}, which is no number; write 1234.5, with a point for the fraction and"
        " nothing between thousands"
    )


def _short(number: float) -> int | float:
    """Give 5 for 5.0, so that both are the same words."""
    is_whole = number.is_integer() and abs(number) < _LARGEST_INTEGER
    return int(number) if is_whole else number


def _text(raw: object) -> Value | Misfit:
    match raw:
        case str():
            return raw
        case bool():
            return "yes" if raw else "no"
        case int() | float() | Decimal() | datetime() | date() | UUID():
            return str(raw)
        case _:
            return Misfit(f"is {_quoted(raw)}, which is no text")


def _choice(raw: object, choices: tuple[str, ...]) -> Value | Misfit:
    said = _text(raw)
    if isinstance(said, Misfit) or not choices or said in choices:
        return said
    near = closest(str(said), choices)
    meant = f'; did you mean "{near}"?' if near else ""
    return Misfit(f"is {_quoted(raw)}, and the catalog has {listed(choices)}{meant}")


def _truth(raw: object) -> Value | Misfit:
    if isinstance(raw, bool):
        return raw
    word = str(raw).lower()
    if word in _YES or word in _NO:
        return word in _YES
    return Misfit(f"is {_quoted(raw)}; write yes or no")


def _day(raw: object) -> Value | Misfit:
    moment: date | None = None
    match raw:
        case datetime() if raw.time() == time():
            moment = raw.date()
        case date() if not isinstance(raw, datetime):
            moment = raw
        case str():
            moment = _day_of_text(raw)
        case _:
            pass
    if moment is None:
        return Misfit(f"is {_quoted(raw)}; write a day as 2026-01-31")
    if moment.year not in YEARS_MEANT:
        return Misfit(f'is "{moment}", {_FAR_OFF}')
    return moment.isoformat()


def _day_of_text(text: str) -> date | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Tools that know no days write midnight.
    return moment.date() if moment.time() == time() else None


def _moment(raw: object, zone: ZoneInfo) -> Value | Misfit:
    moment = fit_moment(raw, zone)
    return moment if isinstance(moment, Misfit) else moment_text(from_micros(moment))


def _tags(raw: object) -> Value | Misfit:
    match raw:
        case str():
            return list(dict.fromkeys(tag for each in raw.split(",") if (tag := each.strip())))
        case list() if all(isinstance(each, str) for each in raw):
            return list(dict.fromkeys(tag for each in raw if (tag := each.strip())))
        case _:
            return Misfit(f"is {_quoted(raw)}; write tags as a list, or as: vip, staff")


def _quoted(raw: object) -> str:
    shown = orjson.dumps(raw).decode() if isinstance(raw, dict | list) else str(raw)
    return quoted(shown)


# ── By name: what has a form of its own ──────────────────────────────────────────────────────


def _email(raw: object) -> Value | Misfit:
    text = str(raw).lower()
    local, at, domain = text.rpartition("@")
    is_plain = _PLAIN_LOCAL.fullmatch(local) is not None and len(local) <= _LONGEST_LOCAL
    if at and is_plain and len(text) <= _LONGEST_ADDRESS and _is_plain_domain(domain):
        return text
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        return Misfit(f"is {quoted(text)}, which is no e-mail address: {error}")


@lru_cache(maxsize=65_536)
def _is_plain_domain(domain: str) -> bool:
    """Ask the library once a domain: thousands of customers share the common ones."""
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain == domain
    except EmailNotValidError:
        return False


def country_told(raw: object) -> str | None:
    """Give the country that is told of a customer; None where its two letters are not."""
    code = str(raw).strip().upper()
    return code if code in COUNTRIES else None


def _phone(raw: object, country: str | None) -> Value | Misfit:
    text = str(raw)
    number = _number_in(text, None)
    # Possible, not assigned: which numbers are assigned changes faster than any library.
    if number is not None and phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if country is None:
        return Misfit(
            f"is {quoted(text)}, which is no phone number with its country, such as +31612345678;"
            " `country: NL` in the catalog says whose numbers come without"
        )
    number = _number_in(text, country)
    # Here the number must be one that is given out: a wrong guess would reach a stranger.
    if number is None or not phonenumbers.is_valid_number(number):
        return Misfit(
            f"is {quoted(text)}, which is neither a phone number with its country, such as"
            f" +31612345678, nor one of {country}"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _number_in(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _timezone(raw: object) -> Value | Misfit:
    text = str(raw)
    known = _zones()
    if text in known:
        return text
    near = closest(text, known)
    meant = f'; did you mean "{near}"?' if near else "; write one such as Europe/Amsterdam"
    return Misfit(f"is {quoted(text)}, which is no time zone{meant}")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _language(raw: object) -> Value | Misfit:
    text = str(raw)
    if _LANGUAGE.fullmatch(text):
        return text.replace("_", "-")
    return Misfit(f"is {quoted(text)}, which is no language; write one such as nl or pt-BR")


_NAMED: Final = {
    "email": _email,
    "timezone": _timezone,
    "language": _language,
}
