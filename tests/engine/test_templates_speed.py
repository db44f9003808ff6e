"""Wordings are much quicker than rendering each mail anew; the figures are printed with `-s`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import liquid
import pytest

from keepwarm.engine.templates.dialect import HTML
from keepwarm.engine.templates.marks import Writing, pieces_of
from keepwarm.engine.templates.texts import Setting, compile_text
from keepwarm.engine.templates.wordings import Wordings
from keepwarm.schema.playbook import Policies
from keepwarm.schema.words import Channel, Kind
from tests.engine.template_samples import POLICIES, compiled, mjml_file, text_file

WIN_BACK = """<mjml><mj-body><mj-section><mj-column>
<mj-text><h1>We miss you, {{ customer.first_name | default: 'there' | capitalize }}!</h1>
<p>It is {{ customer.days }} days since you used your {{ customer.plan | upcase }} plan.</p>
</mj-text>{% if customer.plan == "free" %}<mj-text>Upgrade and save {{ offer.percent }}%.</mj-text>
{% else %}<mj-text>{{ customer.manager | default: 'Sam' }} is glad to help.</mj-text>{% endif %}
{% if customer.employees > 20 %}<mj-text>Bring your team.</mj-text>{% endif %}
<mj-button href="https://acme.example/?u={{ customer.id }}&amp;k={{ customer.token }}">
Come</mj-button>
<mj-text>You get this mail at {{ customer.email }}.</mj-text>
</mj-column></mj-section></mj-body></mjml>"""

LOOPING = (
    "<!doctype html><html><body><h1>We miss you, {{ c.first_name | capitalize }}!</h1>"
    '{% if c.plan == "free" %}<p>Upgrade.</p>{% elsif c.plan == "basic" %}<p>Pro is for you.</p>'
    "{% else %}<p>Your manager {{ c.manager | default: 'Sam' }} is glad to help.</p>{% endif %}"
    + "<tr><td>Feature</td><td>What is new: faster, simpler, safer.</td></tr>"
    * 28
    + '<ul>{% for p in c.products %}<li><a href="https://a.example/p/{{ p.id }}?u={{ c.id }}">'
    "{{ p.name }}</a> - {{ p.price }}</li>{% endfor %}</ul>"
    '<a href="https://a.example/login?u={{ c.id }}&amp;k={{ c.token }}">Come back</a>'
    "<p>You get this mail at {{ c.email }}.</p></body></html>"
)


def customer(number: int) -> dict[str, Any]:
    about = {
        "first_name": f"user{number % 500}",
        "days": 30 + number % 300,
        "plan": ("free", "basic", "pro")[number % 3],
        "manager": None if number % 2 else "Ann",
        "employees": number % 50,
        "id": f"c{number}",
        "token": f"{number * 2654435761 & 0xFFFFFFFF:08x}",
        "email": f"user{number}@example.com",
        "language": "en",
        "products": [
            {"id": n, "name": f"Thing {n}", "price": f"{9 + n}.00"} for n in range(number % 5 + 1)
        ],
    }
    return {
        "customer": about,
        "c": about,
        "offer": {"percent": 20},
        "unsubscribe_url": f"https://acme.example/u/{number}?a=b&c=d",
    }


CUSTOMERS = [customer(number) for number in range(4_000)]


def microseconds(write: Callable[[dict[str, Any]], object], customers: int) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for each in CUSTOMERS[:customers]:
            write(each)
        best = min(best, (time.process_time() - started) / customers * 1e6)
    return best


def said(ours: float, theirs: float) -> str:
    return f"{ours:.1f} us, {1e6 / ours:,.0f} a second; python-liquid {theirs:.0f} us"


@pytest.mark.slow
def test_a_mail_of_four_texts_is_filled_ten_times_as_fast_as_it_is_rendered() -> None:
    file = mjml_file(
        WIN_BACK,
        subject="We miss you, {{ customer.first_name | default: 'there' }}",
        preheader="It is {{ customer.days }} days",
    )
    template = compiled(file, kind=Kind.MARKETING)
    texts = template.by_language[""][Channel.EMAIL].texts

    def plainly(variables: dict[str, Any]) -> None:
        for text in texts:
            text.around.template.render(**text.around.scope(variables))

    ours = microseconds(lambda each: template.render(each, Channel.EMAIL), 4_000)
    theirs = microseconds(plainly, 500)
    print(f"\na mail of four texts: {said(ours, theirs)}")
    assert theirs > 10 * ours


@pytest.mark.slow
def test_html_with_a_loop_is_filled_four_times_as_fast_as_it_is_rendered() -> None:
    writing = Writing(LOOPING, "x.mjml")
    setting = Setting(text_file(LOOPING), Policies(), Kind.TRANSACTIONAL, "en")
    text = compile_text("html", pieces_of(writing), writing, setting, dialect=HTML)
    wordings = Wordings(Channel.EMAIL, [text])
    environment = liquid.Environment(undefined=liquid.StrictDefaultUndefined, autoescape=True)
    vanilla = environment.from_string(LOOPING)
    ours = microseconds(wordings.render, 4_000)
    theirs = microseconds(lambda each: vanilla.render(**each), 500)
    print(f"\nHTML with a loop: {said(ours, theirs)}")
    assert theirs > 4 * ours


def test_the_samples_have_policies() -> None:
    assert POLICIES.postal_address is not None
