"""Template bombs: each ends in well under a second, refused or broken, and the worker goes on."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest

from keepwarm.engine.templates import Broken, Outcome
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.problems import PlaybookRefused
from tests.engine.template_samples import compiled, mail_file, mjml_file, text_file
from tests.machine import is_within

LONG = "x" * 90_000
MANY = list(range(900))

BOMBS: dict[str, tuple[str, dict[str, Any]]] = {
    "a long range": ("{% for i in (1..1000000000) %}x{% endfor %}", {}),
    "a range to a customer's number": ("{% for i in (1..n) %}x{% endfor %}", {"n": 10**18}),
    "loops in loops": (
        "{% for a in l %}{% for b in l %}{% for c in l %}x{% endfor %}{% endfor %}{% endfor %}",
        {"l": MANY},
    ),
    "empty loops in loops": (
        "{% for a in (1..999) %}{% for b in (1..999) %}{% endfor %}{% endfor %}",
        {},
    ),
    "many loops in a row": ("{% for a in (1..999) %}{{ a }}{{ a }}{% endfor %}" * 3_000, {}),
    "many quick loops": ("{% for a in l %}{{ a | upcase }}{% endfor %}" * 4_000, {"l": MANY[:100]}),
    "tables in tables": (
        "{% tablerow a in l %}{% tablerow b in l %}x{% endtablerow %}{% endtablerow %}",
        {"l": MANY},
    ),
    "doubling by append": (
        "{% assign a = 'xx' %}" + "{% assign a = a | append: a %}" * 60 + "{{ a }}",
        {},
    ),
    "doubling by capture": (
        "{% assign a = 'xx' %}" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 60 + "{{ a }}",
        {},
    ),
    "a long value replaced by itself": ("{{ a | replace: 'x', a }}", {"a": LONG}),
    "nothing replaced by much": ("{{ a | replace: '', a }}", {"a": LONG}),
    "replacing again and again": (
        "{{ a | replace: 'x', 'xxxxxxxx'" + " | replace: 'x', 'xxxxxxxx'" * 60 + " }}",
        {"a": "x"},
    ),
    "joining with much": ("{{ l | join: a }}", {"l": MANY, "a": LONG}),
    "a range joined": ("{{ (1..100000000) | join: ',' }}", {}),
    "a range sorted": ("{{ (1..100000000) | sort | reverse | first }}", {}),
    "squaring": (
        "{% assign n = 99999999 %}" + "{% assign n = n | times: n %}" * 60 + "{{ n }}",
        {},
    ),
    "squaring in a loop": (
        "{% assign n = 3 %}{% for i in (1..900) %}{% assign n = n | times: n %}{% endfor %}{{ n }}",
        {},
    ),
    "unique again and again": ("{{ l" + " | uniq" * 20_000 + " | size }}", {"l": MANY}),
    "unique in a loop": ("{% for i in l %}{{ l | uniq | size }}{% endfor %}", {"l": MANY}),
    "many filters on much": (
        "{{ a" + " | url_encode | url_decode" * 80 + " }}",
        {"a": "é" * 50_000},
    ),
    "a list doubled": (
        "{% assign b = l %}" + "{% assign b = b | concat: b %}" * 60 + "{{ b | size }}",
        {"l": MANY},
    ),
    "a split of much": ("{{ a | split: '' | size }}", {"a": LONG}),
    "a value of megabytes": ("{{ a }}", {"a": "x" * 5_000_000}),
    "values that are too many together": ("{{ a }}" * 50, {"a": LONG}),
    "many names": ("".join(f"{{% assign n{i} = {i} %}}" for i in range(9_000)) + "x", {}),
    "blocks in blocks": ("{% if a %}" * 500 + "x" + "{% endif %}" * 500, {"a": 1}),
    "brackets in brackets": ("{{ a" + "[a" * 600 + "]" * 600 + " }}", {"a": 1}),
    "conditions without end": (
        "{% if a" + " and a" * 300 + " %}x{% endif %}" + "{{ b }}",
        {"a": 1},
    ),
    "openings that are never closed": ("{{ " * 80_000, {}),
    "tags that are never closed": ("{% if " * 40_000, {}),
    "raw that never ends": ("{% raw %}" * 25_000, {}),
    "comments that never end": ("{% comment %}" * 18_000, {}),
    "white space": ("{{" + " " * 200_000 + "}}", {}),
    "white space in many marks": ("{{ a" + " " * 99 + "}}{{ b }}" * 1_900, {"a": 1}),
    "a body that is too long": ("x" * 300_000, {}),
    "a cycle of much": (
        "{% for i in (1..900) %}{% cycle a, b %}{% endfor %}",
        {"a": LONG, "b": LONG},
    ),
    "tags stripped of many signs": (
        "{{ a | strip_html | strip_html }}{{ b }}",
        {"a": "<" * 90_000},
    ),
    "a date of a long form": ("{{ '2026-01-01' | date: a }}", {"a": "%B" * 60_000}),
    "a slice without end": (
        "{{ a | slice: 0, 99999999999999999999 | times: 'x' }}{{ b }}",
        {"a": LONG},
    ),
    "numbers of many digits": ("{{ a | plus: 1 }}", {"a": "9" * 80_000}),
    "a number of many digits": ("{{ a }}", {"a": 10**5_000}),
    "rounding far": ("{{ 1.5 | round: 999999999999 }}{{ b }}", {}),
}


@pytest.mark.parametrize("form", ["txt", "mjml"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_goes_off_in_nobodys_hands(name: str, form: str) -> None:
    source, variables = BOMBS[name]
    file = text_file(source) if form == "txt" else mail_file(source)
    started = time.thread_time()
    outcome = set_off(file, variables)
    assert outcome is None or isinstance(outcome, Broken)
    assert is_within(1, time.thread_time() - started)


def set_off(file: TemplateFile, variables: dict[str, Any]) -> Outcome | None:
    """Compile and render; None where the template is refused."""
    try:
        template = compiled(file)
    except PlaybookRefused:
        return None
    return template.render(variables, template.channels[-1])


@pytest.mark.parametrize(
    "name",
    [
        "doubling by append",
        "doubling by capture",
        "a long value replaced by itself",
        "joining with much",
        "values that are too many together",
        "a list doubled",
        "a range joined",
    ],
)
def test_a_bomb_does_not_fill_the_memory(name: str) -> None:
    source, variables = BOMBS[name]
    tracemalloc.start()
    set_off(mail_file(source), variables)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32_000_000


@pytest.mark.parametrize(
    "body",
    [
        "<" * 200_000,
        "<a " * 60_000,
        '<a b="' * 40_000,
        "<!--" * 50_000,
        "<mj-text>" * 25_000,
        "<mjml><mj-body>" + "<mj-section>" * 15_000,
        "<mjml><mj-body><mj-section><mj-column><mj-text>" + "<b>" * 60_000,
        "<mjml><mj-body><mj-section><mj-column><mj-text>"
        + "<b>" * 3_000
        + "x"
        + "</b>" * 3_000
        + "</mj-text></mj-column></mj-section></mj-body></mjml>",
        "<mjml><mj-body>" + "<mj-wrapper>" * 900 + "</mj-wrapper>" * 900 + "</mj-body></mjml>",
        "<mjml " + 'a="b" ' * 30_000 + "></mjml>",
        "&" * 200_000,
    ],
)
def test_a_bomb_of_mjml_goes_off_in_nobodys_hands(body: str) -> None:
    started = time.thread_time()
    set_off(mjml_file(body), {})
    assert is_within(1, time.thread_time() - started)


def test_a_bomb_does_not_slow_down_what_comes_after_it() -> None:
    template = compiled(text_file("{% for i in (1..n) %}x{% endfor %}"))
    channel = template.channels[-1]
    assert isinstance(template.render({"n": 10**9}, channel), Broken)
    assert not isinstance(template.render({"n": 3}, channel), Broken)
