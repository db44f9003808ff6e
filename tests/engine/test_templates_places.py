"""No value can become markup, a program or a link that runs one, wherever its gap stands."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import markupsafe
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.templates import Rendered
from keepwarm.engine.templates.places import escaped, safe_link
from keepwarm.schema.words import Channel
from tests.engine.template_samples import compiled, customer, faults, html_of, mail_file, mjml_file

GOOD_LINKS = [
    "https://acme.example",
    "http://acme.example/a?b=c#d",
    "HTTPS://ACME.example/%20",
    "https://user@acme.example:8443/x",
    "https://xn--bcher-kva.example/ü",
    "mailto:ann@acme.example?subject=Hi",
    "tel:+31201234567",
]
BAD_LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\r\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "\u2028javascript:alert(1)",
    "java\u0000script:alert(1)",
    "vbscript:x",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "blob:https://acme.example/x",
    "//evil.example",
    "/\\evil.example",
    "https:",
    "https:///x",
    "https:evil.example",
    "https://",
    "mailto:",
    "tel:",
    "intent://x",
    "&#106;avascript:alert(1)",
    "acme.example",
    "",
    "#",
]


@pytest.mark.parametrize("link", GOOD_LINKS)
def test_a_link_to_the_web_a_mail_or_a_telephone_is_kept(link: str) -> None:
    assert safe_link(link) == link
    assert html_of('<a href="{{ customer.url }}">x</a>', customer(url=link)) == (
        f'<a href="{markupsafe.escape(link)}">x</a>'
    )


@pytest.mark.parametrize("link", BAD_LINKS)
@pytest.mark.parametrize(
    "words",
    [
        '<a href="{{ customer.url }}">x</a>',
        "<a href='{{ customer.url }}'>x</a>",
        '<a href=" {{ customer.url }}">x</a>',
        '<a href="{{ customer.url | append: "" }}">x</a>',
        '{% assign u = customer.url %}<a href="{{ u }}">x</a>',
        '{% capture u %}{{ customer.url }}{% endcapture %}<a href="{{ u }}">x</a>',
        '{% for u in customer.urls %}<a href="{{ u }}">x</a>{% endfor %}',
        '<a href="{% if customer.url %}{{ customer.url }}{% endif %}">x</a>',
        '<a href="{% liquid echo customer.url %}">x</a>',
        '<img src="{{ customer.url }}"/>',
        '<td background="{{ customer.url }}">x</td>',
    ],
)
def test_any_other_link_leads_nowhere(words: str, link: str) -> None:
    html = html_of(words, customer(url=link, urls=[link])).replace("'", '"')
    attributes = _attributes(html)
    for name in ("href", "src", "background"):
        assert attributes.get(name, "#").strip() in ("#", ""), html


def test_spaces_in_a_link_are_percent_signs_and_line_ends_are_nothing() -> None:
    assert safe_link(" https://acme.example/a b\r\n ") == "https://acme.example/a%20b"


def test_a_gap_behind_the_beginning_of_a_link_is_words() -> None:
    words = '<a href="https://acme.example/{{ customer.path }}?q={{ customer.q }}">x</a>'
    assert html_of(words, customer(path="javascript:x", q='"><script>')) == (
        '<a href="https://acme.example/javascript:x?q=&#34;&gt;&lt;script&gt;">x</a>'
    )


def test_two_gaps_may_make_a_link() -> None:
    words = '<a href="{{ customer.base }}/{{ customer.path }}">x</a>'
    assert 'href="https://a.example/b"' in html_of(
        words, customer(base="https://a.example", path="b")
    )
    assert 'href="#/alert(1)"' in html_of(words, customer(base="javascript:", path="alert(1)"))


def test_a_gap_in_the_name_of_a_computer_holds_nothing_else() -> None:
    words = '<a href="https://{{ customer.shop }}.acme.example/">x</a>'
    assert "https://north.acme.example/" in html_of(words, customer(shop="north"))
    for shop in ("evil.example/", "evil.example?", "evil.example#", "a@evil.example\\", "a b"):
        assert "https://.acme.example/" in html_of(words, customer(shop=shop))


def test_a_style_takes_colours_and_sizes_and_no_more() -> None:
    words = '<p style="color: {{ customer.colour }}">x</p>'
    assert 'style="color: #ff0000"' in html_of(words, customer(colour="#ff0000"))
    for colour in ("red;background:url(https://x)", "expression(alert(1))", "red}", '"><b>', "\\0"):
        assert 'style="color: "' in html_of(words, customer(colour=colour))


def test_an_address_in_a_style_is_one_of_the_web() -> None:
    words = "<p style=\"background: url('{{ customer.url }}')\">x</p>"
    assert "url('https://a.example/x.png')" in html_of(
        words, customer(url="https://a.example/x.png")
    )
    for url in ("javascript:alert(1)", "https://a.example/')x", "https://a.example/;b", "data:x"):
        assert "url('')" in html_of(words, customer(url=url))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ('<a onclick="{{ customer.x }}">x</a>', "no gap may stand in the attribute onclick"),
        ("<script>{{ customer.x }}</script>", "a script has a gap"),
        ('<a href="javascript:go({{ customer.x }})">x</a>', "a gap stands in a link that runs"),
        ('<a {{ customer.x }}="y">x</a>', "a gap stands inside an HTML tag"),
        ("<a href={{ customer.x }}>x</a>", "a value in <a> has no quotes"),
        ("<{{ customer.x }}>x</p>", "Liquid stands where the name of a tag is"),
        ('<iframe srcdoc="{{ customer.x }}"></iframe>', "no gap may stand in the attribute srcdoc"),
        ('{% if customer.x %}<a href="{% endif %}">x</a>', "the branches end in different places"),
        ('<a href="{% cycle customer.x, customer.y %}">x</a>', "`cycle` may not write values"),
    ],
)
def test_a_gap_where_no_value_may_stand_is_refused(words: str, told: str) -> None:
    (problem,) = faults(mail_file(words))
    assert told in problem
    assert problem.startswith("templates/winback/we-miss-you.mjml:4:")


@given(st.text())
def test_escaping_is_that_of_markupsafe(text: str) -> None:
    assert escaped(text) == str(markupsafe.escape(text))


@given(st.text(alphabet=st.sampled_from("javscript:/\\ \t\n#?&;\"'<>()\u2028\x00htps@.%")))
def test_no_text_becomes_a_link_that_runs(text: str) -> None:
    link = safe_link(text)
    assert link == "#" or link.lower().startswith(("http://", "https://", "mailto:", "tel:"))
    assert not set(link) & set("\r\n\t \x00\u2028")


# ── Whole mails, read by a parser of HTML ────────────────────────────────────────────────────

CANARIES = (
    "<script>canary()</script>",
    '"><img src=x onerror=canary()>',
    "' onmouseover='canary()",
    "javascript:canary()",
    "</style><script>canary()</script>",
    "--><script>canary()</script>",
    "]]><script>canary()</script>",
    "</title><script>canary()</script>",
    "{{ customer.x }}{% assign y = 'canary()' %}",
    "<![endif]--><script>canary()</script>",
    "&lt;script&gt;canary()&lt;/script&gt;",
    "\\u003cscript\\u003ecanary()",
    "%3Cscript%3Ecanary()%3C/script%3E",
    "PHNjcmlwdD5jYW5hcnkoKTwvc2NyaXB0Pg==",
)
BODY = """<mjml>
<mj-head><mj-title>{{ customer.x }}</mj-title><mj-preview>{{ customer.x }}</mj-preview>
<mj-style>.a { color: {{ customer.x }} }</mj-style></mj-head>
<mj-body background-color="{{ customer.x }}">
<mj-section background-url="{{ customer.x }}" css-class="{{ customer.x }}">
<mj-column><mj-text color="{{ customer.x }}">{{ customer.x | FILTERS }}
<a href="{{ customer.x | FILTERS }}" title="{{ customer.x | FILTERS }}">{{ customer.x }}</a>
{% for x in customer.list %}<i class='{{ x | FILTERS }}'>{{ x }}</i>{% endfor %}
{% capture c %}{{ customer.x | FILTERS }}{% endcapture %}{{ c }}<b title="{{ c }}">{{ c }}</b>
{% cycle customer.x, 'b' %}</mj-text>
<mj-image src="{{ customer.x }}" alt="{{ customer.x }}" href="{{ customer.x }}"/>
<mj-button href="{{ customer.x }}" background-color="{{ customer.x }}">{{ customer.x }}</mj-button>
</mj-column></mj-section></mj-body></mjml>"""
FILTERS = [
    "strip",
    "escape",
    "escape_once",
    "url_encode",
    "url_decode",
    "url_encode | url_decode",
    "base64_decode | default: customer.x",
    "newline_to_br",
    "strip_html",
    "strip_newlines",
    "split: 'x' | join: ''",
    "split: '' | reverse | join",
    "append: customer.x",
    "prepend: customer.x",
    "replace: 'a', customer.x",
    "slice: 0, 20",
    "truncate: 40, customer.x",
    "truncatewords: 2",
    "escape | remove: 'amp;'",
    "escape | upcase",
    "newline_to_br | slice: 0, 30",
    "date: '%Y' | default: customer.x",
    "link",
    "squish",
]


@pytest.mark.parametrize("filters", FILTERS)
def test_no_canary_of_a_customer_is_ever_markup(filters: str) -> None:
    template = compiled(mjml_file(BODY.replace("FILTERS", filters)))
    for canary in CANARIES:
        outcome = template.render(customer(x=canary, list=[canary, canary]), Channel.EMAIL)
        if isinstance(outcome, Rendered):
            html = outcome.content.texts["html"].filled(outcome.values)
            assert _runs(html) == [], (filters, canary)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(FILTERS), min_size=1, max_size=3), st.sampled_from(CANARIES))
def test_no_chain_of_filters_makes_markup(filters: list[str], canary: str) -> None:
    template = compiled(mjml_file(BODY.replace("FILTERS", " | ".join(filters))))
    outcome = template.render(customer(x=canary, list=[canary]), Channel.EMAIL)
    if isinstance(outcome, Rendered):
        html = outcome.content.texts["html"].filled(outcome.values)
        assert _runs(html) == []


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str] = {}
        self.runs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name: value or "" for name, value in attrs}
        if tag == "script":
            self.runs.append(tag)
        for name, value in attrs:
            is_link = name in ("href", "src", "background")
            runs = name.startswith("on") or (is_link and "canary" in _scheme(value or ""))
            if runs or (name == "style" and "canary" in (value or "")):
                self.runs.append(f"{name}={value}")

    def handle_comment(self, data: str) -> None:
        """Read what Outlook reads."""
        if data.startswith("[if"):
            self.feed_inner(data[data.index("]>") + 2 :].removesuffix("<![endif]"))

    def feed_inner(self, html: str) -> None:
        inner = _Reader()
        inner.feed(html)
        self.runs += inner.runs


def _scheme(link: str) -> str:
    return "" if link.lower().startswith(("http", "mailto", "tel", "#")) else link


def _runs(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    return reader.runs


def _attributes(html: str) -> dict[str, Any]:
    reader = _Reader()
    reader.feed(html)
    return reader.attributes
