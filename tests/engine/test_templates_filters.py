"""The filters that Keepwarm adds: money, dates, links; and Liquid's own, made safe."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from keepwarm.engine.templates import Broken, message_variables, offer_variables
from keepwarm.schema.catalog import Offer
from keepwarm.schema.lengths import Unit
from keepwarm.schema.phrases import Length
from keepwarm.schema.words import Channel
from tests.engine.template_samples import (
    compiled,
    customer,
    html_of,
    render,
    sms_of,
    text_file,
    texts_of,
)


def in_language(language: str, words: str, variables: dict[str, Any]) -> str:
    template = compiled(text_file("x"), text_file(words, language=language))
    variables = {**variables, "customer": {**variables["customer"], "language": language}}
    return texts_of(template.render(variables, Channel.SMS))["text"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "€1,234.50"),
        ("nl", "€\u00a01.234,50"),
        ("de", "1.234,50\u00a0€"),
        ("fr", "1\u202f234,50\u00a0€"),
        ("es", "1.234,50\u00a0€"),
        ("pt", "1.234,50\u00a0€"),
        ("pt-BR", "€\u00a01.234,50"),
        ("sv", "1\u00a0234,50\u00a0€"),
        ("he", "\u200f1,234.50\u00a0\u200f€"),
        ("th", "€1,234.50"),
    ],
)
def test_money_is_written_as_the_language_of_the_message_writes_it(
    language: str, expected: str
) -> None:
    assert in_language(language, "{{ customer.n | money: 'EUR' }}", customer(n=1234.5)) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (12, "EUR", "€12.00"),
        ("49.90", "USD", "$49.90"),
        (0, "GBP", "£0.00"),
        (1234567, "JPY", "¥1,234,567"),
        (2.675, "EUR", "€2.68"),
        (Decimal("12.5"), "CHF", "CHF\u00a012.50"),
        (-3, "EUR", "-€3.00"),
        (None, "EUR", ""),
    ],
)
def test_money_has_a_currency_and_its_cents(amount: object, currency: str, expected: str) -> None:
    words = f"{{{{ customer.n | money: '{currency}' }}}}"
    assert sms_of(words, customer(n=amount)) == expected


def test_the_currency_may_be_the_customers() -> None:
    variables = {"customer": {"n": 3}, "event": {"currency": "USD"}}
    assert sms_of("{{ customer.n | money: event.currency }}", variables) == "$3.00"


@pytest.mark.parametrize("words", ["money", "money: 'euro'", "money: 3", "money: nil"])
def test_money_without_a_currency_says_so(words: str) -> None:
    outcome = render(text_file(f"{{{{ customer.n | {words} }}}}"), customer(n=1))
    assert isinstance(outcome, Broken)
    assert outcome.reason == "`money` needs a currency; write money: 'EUR'"
    assert outcome.column == 17


@pytest.mark.parametrize("amount", ["much", True, float("nan"), float("inf"), 10**15, [1], ""])
def test_what_is_no_amount_is_not_money(amount: object) -> None:
    outcome = render(text_file("{{ customer.n | money: 'EUR' }}"), customer(n=amount))
    assert isinstance(outcome, Broken)


@pytest.mark.parametrize(
    ("language", "long", "full", "short"),
    [
        ("en", "1 March 2026", "Sunday 1 March 2026", "1 Mar 2026"),
        ("nl", "1 maart 2026", "zondag 1 maart 2026", "1 mrt 2026"),
        ("de", "1. März 2026", "Sonntag, 1. März 2026", "1. März 2026"),
        ("fr", "1 mars 2026", "dimanche 1 mars 2026", "1 mars 2026"),
        ("es", "1 de marzo de 2026", "domingo, 1 de marzo de 2026", "1 mar 2026"),
        ("pt", "1 de março de 2026", "domingo, 1 de março de 2026", "1 de mar. de 2026"),
        ("he", "1 במרץ 2026", "יום ראשון, 1 במרץ 2026", "1 במרץ 2026"),
        ("no", "1. mars 2026", "søndag 1. mars 2026", "1. mars 2026"),
        ("pl", "1 marca 2026", "niedziela, 1 marca 2026", "1 mar 2026"),
        ("zh-TW", "2026年3月1日", "2026年3月1日 星期日", "2026年3月1日"),
        ("th", "1 March 2026", "Sunday 1 March 2026", "1 Mar 2026"),
    ],
)
def test_a_date_is_told_in_the_language_of_the_message(
    language: str, long: str, full: str, short: str
) -> None:
    words = (
        "{{ customer.d | date }}|{{ customer.d | date: 'full' }}|{{ customer.d | date: 'short' }}"
    )
    variables = customer(d="2026-03-01")
    assert in_language(language, words, variables) == f"{long}|{full}|{short}"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("%d-%m-%Y", "05-03-2026"),
        ("%-d/%-m/%y", "5/3/26"),
        ("%A %B", "Thursday March"),
        ("%a %b", "Thu Mar"),
        ("%H:%M", "00:00"),
        ("%I:%M %p", "12:00 AM"),
        ("%j%%", "064%"),
        ("%e", " 5"),
        ("on the day", "on the day"),
        ("", ""),
    ],
)
def test_a_date_may_have_a_form_of_its_own(form: str, expected: str) -> None:
    words = f"[{{{{ customer.d | date: '{form}' }}}}]"
    assert sms_of(words, customer(d="2026-03-05")) == f"[{expected}]"


def test_a_moment_is_told_by_the_customers_clock() -> None:
    words = "{{ customer.m | date: '%d %b %H:%M' }}"
    moment = "2026-03-05T23:30:00.000000Z"
    assert sms_of(words, customer(m=moment, timezone="Asia/Tokyo")) == "06 Mar 08:30"
    # Without a zone of their own it is told by the project's, Amsterdam.
    assert sms_of(words, customer(m=moment)) == "06 Mar 00:30"
    assert sms_of(words, customer(m=moment, timezone="Nowhere/At all")) == "06 Mar 00:30"
    variables = {**customer(m=moment, timezone="Asia/Tokyo"), "zone": "America/New_York"}
    assert sms_of(words, variables) == "05 Mar 18:30"


def test_the_same_moment_is_told_by_each_customers_own_clock() -> None:
    template = compiled(text_file("{{ customer.m | date: 'time' }}"))
    for zone, clock in [("Asia/Tokyo", "08:30"), ("Europe/London", "23:30")] * 2:
        variables = customer(m="2026-03-05T23:30:00Z", timezone=zone)
        assert texts_of(template.render(variables, Channel.SMS))["text"] == clock


def test_dates_and_moments_of_python_are_taken_too() -> None:
    words = "{{ customer.d | date: '%Y-%m-%d %H:%M' }}"
    assert sms_of(words, customer(d=date(2026, 3, 5))) == "2026-03-05 00:00"
    moment = datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert sms_of(words, customer(d=moment, timezone="UTC")) == "2026-03-05 12:00"


@pytest.mark.parametrize(
    "value", ["now", "today", "soon", "31-12-2026", 1_750_000_000, "2026-13-01"]
)
def test_what_is_no_date_is_told_and_the_clock_is_never_read(value: object) -> None:
    outcome = render(text_file("{{ customer.d | date: 'long' }}"), customer(d=value))
    assert isinstance(outcome, Broken)
    assert outcome.reason.startswith("`date` was given what is no date")


def test_a_form_that_date_does_not_know_is_told() -> None:
    outcome = render(text_file("{{ customer.d | date: '%Q' }}"), customer(d="2026-03-05"))
    assert isinstance(outcome, Broken)
    assert outcome.reason.startswith("`date` does not know %Q; it knows %d")


@pytest.mark.parametrize("name", ["now", "today"])
def test_there_is_no_now_in_a_template(name: str) -> None:
    outcome = render(text_file(f"{{{{ {name} }}}}"))
    assert isinstance(outcome, Broken)
    assert outcome.reason.startswith(f"{name} is missing")


@pytest.mark.parametrize("words", ["date: 'long'", "money: 'EUR'", "link"])
def test_a_default_may_come_behind_our_filters(words: str) -> None:
    assert sms_of(f"{{{{ customer.d | {words} | default: 'soon' }}}}", customer()) == "soon"
    assert sms_of(f"{{{{ customer.d | {words} | default: 'soon' }}}}", customer(d=None)) == "soon"
    assert isinstance(render(text_file(f"{{{{ customer.d | {words} }}}}"), customer()), Broken)


def test_a_link_in_a_text_message_may_be_checked() -> None:
    words = "{{ customer.url | link }}"
    assert sms_of(words, customer(url="https://acme.example/a?b&c")) == "https://acme.example/a?b&c"
    assert sms_of(words, customer(url="javascript:alert(1)")) == "#"


def test_tags_of_html_are_taken_out() -> None:
    assert sms_of("{{ customer.x | strip_html }}", customer(x="<b>a</b> <i b='>c")) == "a c"
    assert sms_of("{{ customer.x | strip_html }}", customer(x="a < b")) == "a < b"
    assert sms_of("{{ customer.x | strip_html }}", customer(x=None)) == ""


def test_line_ends_become_lines_in_html_and_stay_in_plain_text() -> None:
    from tests.engine.template_samples import text_of

    words = "{{ customer.x | newline_to_br }}"
    assert html_of(words, customer(x="a\n<b>")) == "a<br />\n&lt;b&gt;"
    assert text_of(words, customer(x="a\n<b>")) == "a\n<b>"


# ── What a template may name ─────────────────────────────────────────────────────────────────


def test_an_offer_is_told_in_numbers_that_can_be_counted_with() -> None:
    offer = Offer(
        "15-percent",
        None,
        percent=Decimal("15.0"),
        amount=Decimal("12.50"),
        currency="EUR",
        lasts=Length(3, Unit.MONTH),
        code="BACK15",
        means="15% off",
    )
    variables = message_variables(
        {"first_name": "Anna"}, offer=offer_variables(offer, date(2026, 4, 1))
    )
    words = (
        "{{ offer.percent }}% {{ offer.amount | money: offer.currency }} {{ offer.code }}"
        " for {{ offer.lasts }} until {{ offer.ends_on | date: 'long' }}"
        " {{ offer.percent | plus: 1 }}"
    )
    assert sms_of(words, variables) == "15% €12.50 BACK15 for 3 months until 1 April 2026 16"


def test_a_decimal_is_counted_with_as_a_number() -> None:
    variables = {"customer": {}, "offer": {"percent": Decimal(15), "amount": Decimal("2.5")}}
    words = "{{ offer.percent }} {{ offer.percent | plus: 1 }} {{ offer.amount | times: 2 }}"
    assert sms_of(words, variables) == "15 16 5"


def test_what_is_not_there_is_missing() -> None:
    assert set(message_variables({})) == {"customer"}
    everything = message_variables(
        {},
        event={"a": 1},
        offer={},
        survey_link="https://a",
        links={"preferences_url": "https://c"},
        playbook_title="T",
        zone="UTC",
    )
    assert everything["survey"] == {"link": "https://a"}
    assert everything["playbook"] == {"title": "T"}
    assert everything["zone"] == "UTC"
    assert offer_variables(Offer("x", None)) == {"name": "x"}
