from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.schema.catalog import Attribute
from keepwarm.schema.conditions import FactKind
from keepwarm.store.fitting import Misfit, fit_for, fit_moment
from keepwarm.store.moments import from_micros

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def fit(kind: FactKind, raw: object, name: str = "fact", choices: tuple[str, ...] = ()) -> object:
    return fit_for(Attribute(name, kind, None, choices=choices), AMSTERDAM)(raw)


@pytest.mark.parametrize(
    ("country", "raw", "value"),
    [
        ("NL", "06 1234 5678", "+31612345678"),
        ("GB", "07400 123456", "+447400123456"),
        ("US", "(416) 967-1111", "+14169671111"),
        ("US", "(212) 555-0123", "+12125550123"),
        # What names its country is of that one.
        ("NL", "+49 1512 3456789", "+4915123456789"),
        ("NL", "0044 7700 900123", None),
        ("NL", "12345", None),
        ("NL", "07700 900123", None),
    ],
)
def test_a_number_without_its_country_is_one_of_the_country_or_none(
    country: str, raw: str, value: str | None
) -> None:
    found = fit_for(Attribute("phone", FactKind.TEXT, None), AMSTERDAM, country)(raw)
    if value is None:
        assert isinstance(found, Misfit)
        assert f"nor one of {country}" in found.reason
    else:
        assert found == value


def reason(kind: FactKind, raw: object, name: str = "fact", choices: tuple[str, ...] = ()) -> str:
    found = fit(kind, raw, name, choices)
    assert isinstance(found, Misfit), found
    return found.reason


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (FactKind.NUMBER, "3", 3),
        (FactKind.NUMBER, " -3.50 ", -3.5),
        (FactKind.NUMBER, 2.5, 2.5),
        (FactKind.NUMBER, Decimal("12.00"), 12),
        (FactKind.NUMBER, "007", 7),
        (FactKind.NUMBER, "0.30000000000000004", 0.30000000000000004),
        (FactKind.TEXT, " Ann ", "Ann"),
        (FactKind.TEXT, 17, "17"),
        (FactKind.TRUTH, "Yes", True),
        (FactKind.TRUTH, "0", False),
        (FactKind.TRUTH, True, True),
        (FactKind.DATE, "2026-01-31", "2026-01-31"),
        (FactKind.DATE, "2026-01-31 00:00:00", "2026-01-31"),
        (FactKind.DATE, date(2026, 1, 31), "2026-01-31"),
        (FactKind.DATE, datetime(2026, 1, 31), "2026-01-31"),  # noqa: DTZ001 - as Parquet has it
        (FactKind.MOMENT, "2026-01-31T08:00:00Z", "2026-01-31T08:00:00.000000Z"),
        (FactKind.MOMENT, "2026-01-31 08:00", "2026-01-31T07:00:00.000000Z"),
        (FactKind.MOMENT, "2026-07-31", "2026-07-30T22:00:00.000000Z"),
        (FactKind.TAGS, "vip, staff,vip,", ["vip", "staff"]),
        (FactKind.TAGS, ["a", "b", "a", " "], ["a", "b"]),
    ],
)
def test_what_fits_becomes_a_value(kind: FactKind, raw: object, value: object) -> None:
    found = fit(kind, raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("kind", [FactKind.NUMBER, FactKind.TEXT, FactKind.TRUTH, FactKind.TAGS])
def test_nothing_is_nothing(kind: FactKind) -> None:
    assert fit(kind, "") is None
    assert fit(kind, "  ") is None
    assert fit(kind, None) is None


@pytest.mark.parametrize(
    ("kind", "raw", "sentence"),
    [
        (FactKind.NUMBER, "1,000", 'is "1,000", which is no number; write 1234.5, with a point'),
        (FactKind.NUMBER, "1_000", "which is no number"),
        (FactKind.NUMBER, "nan", "which is no number"),
        (FactKind.NUMBER, float("inf"), "which is no number"),
        (FactKind.NUMBER, True, 'is "True", which is no number'),
        (FactKind.NUMBER, "9" * 16, "which is larger than can be kept to the last digit"),
        (FactKind.NUMBER, 10**30, "which is larger than can be kept to the last digit"),
        (FactKind.TEXT, ["a"], "which is no text"),
        (FactKind.TRUTH, "maybe", 'is "maybe"; write yes or no'),
        (FactKind.DATE, "31/01/2026", 'is "31/01/2026"; write a day as 2026-01-31'),
        (FactKind.DATE, "2026-02-30", "write a day as 2026-01-31"),
        (FactKind.DATE, "2026-01-31T08:00:00", "write a day as 2026-01-31"),
        (FactKind.MOMENT, "yesterday", 'is "yesterday"; write a day as 2026-01-31, a time as'),
        (FactKind.MOMENT, 1_700_000_000, 'is "1700000000"; write a time as 2026-01-31T08:00:00Z'),
        (FactKind.TAGS, 3, "write tags as a list"),
    ],
)
def test_what_does_not_fit_is_explained(kind: FactKind, raw: object, sentence: str) -> None:
    assert sentence in reason(kind, raw)


def test_a_choice_is_one_that_the_catalog_has() -> None:
    choices = ("free", "pro", "enterprise")
    assert fit(FactKind.CHOICE, "pro", choices=choices) == "pro"
    assert reason(FactKind.CHOICE, "Enterprize", choices=choices) == (
        'is "Enterprize", and the catalog has free, pro or enterprise; did you mean "enterprise"?'
    )


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("email", "Ann.Lee+news@Example.COM", "ann.lee+news@example.com"),
        ("email", "jörg@müller.de", "jörg@müller.de"),
        ("phone", "+31 6 1234-5678", "+31612345678"),
        ("phone", "+1 555-0100", "+15550100"),
        ("timezone", "Europe/Amsterdam", "Europe/Amsterdam"),
        ("language", "pt_BR", "pt-BR"),
    ],
)
def test_what_has_a_form_of_its_own_is_brought_into_it(name: str, raw: str, value: str) -> None:
    assert fit(FactKind.TEXT, raw, name) == value


@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("email", "ann", 'is "ann", which is no e-mail address: '),
        ("email", "ann@localhost", "which is no e-mail address: "),
        ("email", "a..b@example.com", "two periods in a row"),
        ("phone", "0612345678", "no phone number with its country, such as +31612345678"),
        ("phone", "+12", "no phone number"),
        ("timezone", "Europe/Amsterdm", 'no time zone; did you mean "Europe/Amsterdam"?'),
        ("timezone", "CET+1 or so", "which is no time zone"),
        ("language", "Dutch, mostly", "which is no language; write one such as nl or pt-BR"),
    ],
)
def test_what_has_another_form_is_explained(name: str, raw: str, sentence: str) -> None:
    assert sentence in reason(FactKind.TEXT, raw, name)


_SIGNS = st.text("aZ09.+-_'!#ä \t@", max_size=12)
_DOMAINS = st.one_of(
    st.sampled_from(["example.com", "a.b.co", "x.test", "localhost", "-a.com", "a_b.com", "1.2.3"]),
    st.text("aZ0.-", max_size=12),
)


@given(local=_SIGNS, domain=_DOMAINS)
def test_the_short_way_for_plain_addresses_agrees_with_the_library(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    try:
        expected: object = validate_email(
            address.strip().lower(), check_deliverability=False
        ).normalized
    except EmailNotValidError:
        expected = None
    found = fit(FactKind.TEXT, address, "email")
    assert (None if isinstance(found, Misfit) else found) == expected


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis adds the zone
def test_a_time_with_its_zone_is_the_instant_it_says(moment: datetime) -> None:
    for said in (moment.isoformat(), moment, moment.astimezone(AMSTERDAM).isoformat()):
        found = fit_moment(said, AMSTERDAM)
        assert not isinstance(found, Misfit)
        assert from_micros(found) == moment


def test_a_time_that_the_clocks_skip_is_the_first_instant_after_the_gap() -> None:
    found = fit_moment("2026-03-29 02:30", AMSTERDAM)
    assert not isinstance(found, Misfit)
    assert from_micros(found) == datetime(2026, 3, 29, 1, tzinfo=UTC)
