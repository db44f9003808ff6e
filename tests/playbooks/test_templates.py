"""Every shipped template, as customers of every sort would get it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from keepwarm.engine.sms_parts import Encoding, sms_parts
from keepwarm.engine.templates import (
    Broken,
    CompiledTemplate,
    Rendered,
    compile_template,
    message_variables,
    offer_variables,
)
from keepwarm.schema.playbook import SendStep, SurveyStep
from keepwarm.schema.walking import every_step
from keepwarm.schema.words import Channel, Kind
from tests.playbooks.shipped import checked, files

LINKS = {
    "unsubscribe_url": "https://keepwarm.acme.example/unsubscribe/token",
    "confirm_url": "https://keepwarm.acme.example/confirm/token",
    "preferences_url": "https://keepwarm.acme.example/preferences/token",
}
HOSTILE = "<script>alert('{{ customer.email }}')</script>"
CUSTOMERS: dict[str, dict[str, Any]] = {
    "everything is known": {
        "id": "00004",
        "first_name": "Anna",
        "last_name": "Visser",
        "email": "anna@example.com",
        "phone": "+12125550104",
        "timezone": "America/New_York",
        "language": "en",
        "birthday": "1990-02-14",
        "plan": "premium",
        "subscription_status": "active",
        "monthly_revenue": 9.99,
        "renewal_date": "2026-09-30",
        "customer_since": "2024-05-17",
        "open_tickets": 2,
        "points": 300,
        "tags": ["vip"],
    },
    "only the number is known": {
        "id": "00004",
        "email": None,
        "phone": None,
        "timezone": None,
        "language": None,
    },
    "a long name": {
        "id": "00005",
        "first_name": "Wolfeschlegelsteinhausenbergerdorff-Maximiliana Josephine",
        "language": "en",
    },
    "a hostile name": {"id": "00006", "first_name": HOSTILE, "language": "en"},
    "a Dutch customer": {"id": "00007", "first_name": "Noor", "language": "nl-NL"},
}
EVENTS: dict[str, dict[str, Any]] = {
    "failed-payment": {"invoice": "INV-1001", "amount": 9.99},
    "abandoned-cart": {"cart_value": 62, "cds": 4},
}
#: A text message that costs one part even when a name or an amount is long.
ONE_PART = 160


def uses() -> Iterator[tuple[str, str, Channel, Kind]]:
    """Give each message of each playbook: playbook, template, channel, kind."""
    for playbook in checked().workspace.playbooks.values():
        for step in every_step(playbook.steps):
            if isinstance(step, SendStep):
                for way in (step, *step.or_else):
                    yield playbook.name, way.template, way.channel, step.kind or playbook.kind
            elif isinstance(step, SurveyStep):
                yield playbook.name, step.template, step.channel, playbook.kind
            elif template := getattr(step, "says", None):
                yield playbook.name, template, Channel.CHAT, Kind.TRANSACTIONAL


USES = sorted(set(uses()))


@cache
def compiled(template: str, form: str, kind: Kind) -> CompiledTemplate:
    workspace = checked().workspace
    written = [t for t in workspace.templates.values() if (t.name, t.form) == (template, form)]
    return compile_template(written, workspace.policies, kind=kind, timezone="America/New_York")


def rendered(
    playbook: str, template: str, channel: Channel, kind: Kind, customer: dict[str, Any]
) -> dict[str, str]:
    """Give the texts that a customer reads; fails where there is no message."""
    form = "mjml" if channel is Channel.EMAIL else "txt"
    is_full = "first_name" in customer
    offers = checked().workspace.catalog.offers
    offer = next(
        offers[name]
        for word, name in (
            ("personal", "30-percent-next-order"),
            ("postage", "free-postage"),
            ("", "15-percent-next-order"),
        )
        if word in template
    )
    variables = {
        **message_variables(
            customer,
            event=EVENTS.get(playbook, {}) if is_full else {},
            offer=offer_variables(offer, date(2026, 2, 28) if is_full else None),
            survey_link="https://keepwarm.acme.example/survey/token",
        ),
        **LINKS,
    }
    outcome = compiled(template, form, kind).render(variables, channel)
    assert not isinstance(outcome, Broken), str(outcome)
    assert isinstance(outcome, Rendered), outcome
    return {name: text.filled(outcome.values) for name, text in outcome.content.texts.items()}


def test_every_template_is_used_and_every_message_has_one() -> None:
    written = {
        (t.name, t.form) for t in checked().workspace.templates.values() if t.language is None
    }
    used = {(name, "mjml" if way is Channel.EMAIL else "txt") for _, name, way, _ in USES}
    assert used == written


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize(("playbook", "template", "channel", "kind"), USES)
def test_it_can_be_written_to_everybody(
    playbook: str, template: str, channel: Channel, kind: Kind, customer: str
) -> None:
    texts = rendered(playbook, template, channel, kind, CUSTOMERS[customer])
    for words in texts.values():
        assert words.strip()
        assert "{{" not in words.replace(HOSTILE, "").replace("{{ customer.email }}", "")
        assert "{%" not in words
        assert "None" not in words
    assert "<script>" not in texts.get("html", "")
    assert len(texts.get("subject", "").replace(CUSTOMERS[customer].get("first_name", ""), "")) < 70


@pytest.mark.parametrize(("playbook", "template", "channel", "kind"), USES)
def test_a_marketing_mail_says_who_sends_it_and_how_to_end_it(
    playbook: str, template: str, channel: Channel, kind: Kind
) -> None:
    if channel is not Channel.EMAIL:
        return
    texts = rendered(playbook, template, channel, kind, CUSTOMERS["everything is known"])
    for body in (texts["html"], texts["text"]):
        assert "12 Example Street" in body
        assert (LINKS["unsubscribe_url"] in body) == (kind is Kind.MARKETING)
    assert "<img" not in texts["html"]
    assert not re.search(r"https?://(?!(keepwarm\.)?acme\.example/)", texts["text"])


@pytest.mark.parametrize(
    "customer", ["everything is known", "only the number is known", "a Dutch customer"]
)
@pytest.mark.parametrize(
    ("playbook", "template", "channel", "kind"), [use for use in USES if use[2] is Channel.SMS]
)
def test_a_text_message_is_one_part(
    playbook: str, template: str, channel: Channel, kind: Kind, customer: str
) -> None:
    words = rendered(playbook, template, channel, kind, CUSTOMERS[customer])["text"]
    parts = sms_parts(words)
    assert parts.encoding is Encoding.GSM_7, parts.outside_gsm_7
    assert len(parts.parts) == 1, f"{len(words)} of {ONE_PART}: {words}"
    assert words.startswith("Acme Music: ")
    assert ("STOP" in words) == (kind is Kind.MARKETING)


@pytest.mark.parametrize(
    ("playbook", "template", "channel", "kind"), [use for use in USES if use[2] is Channel.PUSH]
)
def test_a_push_message_has_a_title(
    playbook: str, template: str, channel: Channel, kind: Kind
) -> None:
    texts = rendered(playbook, template, channel, kind, CUSTOMERS["everything is known"])
    assert 0 < len(texts["title"]) <= 50
    assert len(texts["text"]) <= 120


def test_a_dutch_customer_reads_dutch_where_there_is_a_translation() -> None:
    translated = {t.name for t in checked().workspace.templates.values() if t.language == "nl"}
    assert len(translated) >= 3
    for playbook, template, channel, kind in USES:
        if template in translated and channel is Channel.EMAIL:
            texts = rendered(playbook, template, channel, kind, CUSTOMERS["a Dutch customer"])
            assert 'lang="nl"' in texts["html"]
            assert "Hello" not in texts["html"]


def test_the_files_can_be_read() -> None:
    assert files()
    assert not checked().problems
