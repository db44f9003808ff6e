"""A message as its receiver sees it, and how a text is cut into parts."""
# ruff: noqa: RUF001 - characters that look like others are what is tested

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.connectors.showing import (
    ShownChat,
    ShownEmail,
    ShownPush,
    ShownText,
    ShownWebhook,
    shown,
)
from keepwarm.engine.message import Channel, Wording
from keepwarm.engine.sms_parts import Encoding, sms_parts
from tests.connectors.given import content_for, message_for


def test_an_email_is_shown_with_headers_and_both_bodies() -> None:
    texts = dict(content_for(Channel.EMAIL).texts) | {"preheader": Wording(("For ", 1))}
    content = content_for(Channel.EMAIL, texts=texts, reply_to="help@acme.example")
    seen = shown(message_for(Channel.EMAIL, content=content), "Acme <hello@acme.example>")
    assert isinstance(seen, ShownEmail)
    assert seen.subject == "Welcome, Ada0!"
    assert seen.preheader == "For Ada0"
    assert seen.html == "<html><body><p>Dear Ada0, your plan is Pro.</p></body></html>"
    assert seen.text == "Dear Ada0, your plan is Pro."
    assert dict(seen.headers) == {
        "From": "Acme <hello@acme.example>",
        "To": "ada0@customer.example",
        "Subject": "Welcome, Ada0!",
        "Reply-To": "help@acme.example",
        "List-Unsubscribe": "<https://keepwarm.acme.example/u/token-0>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_email_without_html_is_shown_as_text() -> None:
    texts = {"subject": Wording(("S",)), "text": Wording(("words",))}
    seen = shown(message_for(Channel.EMAIL, content=content_for(Channel.EMAIL, texts=texts)))
    assert isinstance(seen, ShownEmail)
    assert (seen.html, seen.text) == ("", "words")


def test_the_other_channels_are_shown_as_what_they_are() -> None:
    text = shown(message_for(Channel.SMS))
    assert isinstance(text, ShownText)
    assert text.parts.encoding is Encoding.GSM_7
    assert shown(message_for(Channel.PUSH)) == ShownPush(
        "customer-0", "Hi Ada0", "Your plan is Pro."
    )
    assert shown(message_for(Channel.CHAT)) == ShownChat(
        "#customer-success", "Please call Ada0: Pro."
    )
    url = "https://hooks.acme.example/keepwarm"
    assert shown(message_for(Channel.WEBHOOK)) == ShownWebhook(
        url, '{\n  "name": "Ada0",\n  "plan": "Pro"\n}'
    )
    broken = content_for(Channel.WEBHOOK, texts={"body": Wording(("{",))})
    assert shown(message_for(Channel.WEBHOOK, content=broken)) == ShownWebhook(url, "{")


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "used", "left"),
    [
        ("", Encoding.GSM_7, 1, 0, 160),
        ("a" * 160, Encoding.GSM_7, 1, 160, 0),
        ("a" * 161, Encoding.GSM_7, 2, 161, 145),
        ("a" * 306, Encoding.GSM_7, 2, 306, 0),
        ("a" * 307, Encoding.GSM_7, 3, 307, 152),
        ("€" * 80, Encoding.GSM_7, 1, 160, 0),
        ("€" * 81, Encoding.GSM_7, 2, 162, 143),
        ("a" * 152 + "€" * 10, Encoding.GSM_7, 2, 172, 133),
        ("@£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà¡¤", Encoding.GSM_7, 1, 40, 120),
        ("ê", Encoding.UCS_2, 1, 1, 69),
        ("я" * 70, Encoding.UCS_2, 1, 70, 0),
        ("я" * 71, Encoding.UCS_2, 2, 71, 63),
        ("😀" * 35, Encoding.UCS_2, 1, 70, 0),
        ("😀" * 36, Encoding.UCS_2, 2, 72, 61),
    ],
)
def test_a_text_is_cut_as_carriers_cut_it(
    text: str, encoding: Encoding, parts: int, used: int, left: int
) -> None:
    cut = sms_parts(text)
    assert (cut.encoding, len(cut.parts), cut.used, cut.left) == (encoding, parts, used, left)


def test_the_characters_that_make_a_text_dear_are_named() -> None:
    assert sms_parts("Zoë’s “plan” – Zoë").outside_gsm_7 == ("ë", "’", "“", "”", "–")


@given(st.text(max_size=400))
def test_no_character_is_lost_or_split(text: str) -> None:
    cut = sms_parts(text)
    assert "".join(cut.parts) == text
    places = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}[cut.encoding]
    for part in cut.parts if len(cut.parts) > 1 else []:
        assert 0 < sms_parts(part).used <= places or cut.encoding is Encoding.UCS_2
