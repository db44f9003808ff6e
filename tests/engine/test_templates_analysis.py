"""What a template uses, told with places."""

from __future__ import annotations

import pytest

from keepwarm.engine.templates import NameUse, WordUse, analyse
from keepwarm.schema.problems import PlaybookRefused
from tests.engine.template_samples import mail_file, mjml_file, text_file


def test_names_are_told_with_their_places() -> None:
    file = text_file("Hi {{ customer.first_name }}\n {{ event.amount | money: event.currency }}")
    assert analyse(file).names == (
        NameUse("customer.first_name", 1, 7, "body", may_be_missing=False),
        NameUse("event.amount", 2, 5, "body", may_be_missing=False),
        NameUse("event.currency", 2, 27, "body", may_be_missing=False),
    )


def test_a_mail_is_told_from_its_file_and_not_from_its_html() -> None:
    file = mail_file(
        "Dear {{ customer.first_name }}",
        subject="For {{ customer.plan }}",
        preheader="{{ offer.percent }}",
    )
    names = [(use.path, use.line, use.column, use.part) for use in analyse(file).names]
    assert names == [
        ("customer.plan", 1, 1, "subject"),
        ("offer.percent", 1, 1, "preheader"),
        ("customer.first_name", 4, 9, "body"),
    ]


@pytest.mark.parametrize(
    ("words", "may_be_missing"),
    [
        ("{{ a }}", False),
        ("{{ a | default: 'x' }}", True),
        ("{{ a | upcase | default: 'x' }}", False),  # upcase needs a value
        ("{{ a | money: 'EUR' | default: 'x' }}", True),
        ("{% assign y = a %}{{ y | default: 'x' }}", True),
        ("{% assign y = a %}{{ y }}", False),
        ("{{ 'x' | append: a }}", False),
        ("{% if a %}{% endif %}", True),
        ("{% if a %}{{ a }}{% endif %}", True),
        ("{% if a > 3 and b %}{{ a }}{% endif %}", True),
        ("{% unless a %}x{% else %}{{ a }}{% endunless %}", True),
        ("{% case a %}{% when 1 %}{{ a }}{% endcase %}", True),
        ("{% for x in a %}{% endfor %}", True),
        ("{% if b %}{{ a }}{% endif %}", False),
        ("{% assign x = a %}", True),  # nothing writes it
    ],
)
def test_it_is_told_whether_a_name_may_be_missing(words: str, *, may_be_missing: bool) -> None:
    uses = [use.may_be_missing for use in analyse(text_file(words)).names if use.path == "a"]
    assert uses[-1] is may_be_missing


def test_names_that_the_template_makes_itself_are_not_told() -> None:
    words = (
        "{% assign y = a %}{{ y.b }}{% capture z %}{{ b }}{% endcapture %}{{ z }}"
        "{% for x in c %}{{ x.d }}{{ forloop.index }}{% endfor %}{% increment n %}{{ n }}"
    )
    assert [use.path for use in analyse(text_file(words)).names] == ["a", "b", "c"]


def test_what_is_asked_around_a_name_is_told_but_for_names_of_the_template() -> None:
    words = "{% assign y = b %}{% if a.x and y %}{% for i in c %}{{ d }}{% endfor %}{% endif %}"
    asked = {use.path: use.asked for use in analyse(text_file(words)).names}
    assert asked["d"] == {"a.x"}
    assert asked["b"] == set()


def test_paths_are_told_as_they_are_written() -> None:
    words = "{{ customer['first name'] }}{{ a.b[0].c }}{{ a[b.c] }}"
    assert [use.path for use in analyse(text_file(words)).names] == [
        "customer['first name']",
        "a.b[0].c",
        "a[b.c]",
        "b.c",
    ]


def test_filters_and_tags_and_skips_are_told() -> None:
    words = (
        "{% if a %}{{ a | upcase | money: 'EUR' }}{% elsif b %}\n{% skip 'x' %}{% endif %}"
        "{% for i in l %}{% break %}{% endfor %}{% assign s = l | size %}"
    )
    analysis = analyse(text_file(words))
    assert analysis.filters == (
        WordUse("upcase", 1, 18, "body"),
        WordUse("money", 1, 27, "body"),
        WordUse("size", 2, 83, "body"),
    )
    assert [tag.name for tag in analysis.tags] == ["if", "skip", "for", "break", "assign"]
    assert analysis.skips == ("x",)


def test_what_stands_in_a_comment_is_not_used() -> None:
    assert analyse(mjml_file("<mjml><!-- {{ a }} {% if %} --></mjml>")).names == ()
    words = "{% comment %}{{ a }}{% endcomment %}{% raw %}{{ a }}{% endraw %}"
    assert analyse(text_file(words)).names == ()


def test_what_is_no_liquid_is_refused_with_all_its_faults() -> None:
    with pytest.raises(PlaybookRefused) as refused:
        analyse(mail_file("{{ a | shout }}{{ b | whisper }}", subject="{{ a"))
    assert len(refused.value.problems) == 3
