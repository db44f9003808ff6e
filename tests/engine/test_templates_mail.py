"""Mails: subject, preheader, HTML and plain text, their language and their footer."""

from __future__ import annotations

import pytest

from keepwarm.engine.message import Content
from keepwarm.engine.templates import Broken, Rendered, Skip
from keepwarm.engine.templates.compiling import compile_template
from keepwarm.schema.playbook import Policies
from keepwarm.schema.words import Channel, Kind
from tests.engine.template_samples import (
    ANNA,
    POLICIES,
    compiled,
    customer,
    faults,
    html_of,
    mail_file,
    mjml_file,
    render,
    rendered,
    text_file,
    texts_of,
)


def test_a_mail_has_a_subject_a_preheader_html_and_plain_text() -> None:
    file = mail_file(
        "<p>Dear {{ customer.first_name }}</p>",
        subject="We miss you, {{ customer.first_name }}",
        preheader="Here is what is new & nice on {{ customer.plan }}",
    )
    texts = rendered(file)
    assert texts["subject"] == "We miss you, Anna"
    assert texts["preheader"] == "Here is what is new & nice on free"
    assert "Here is what is new &amp; nice on free</div>" in texts["html"]
    assert "<p>Dear Anna</p>" in texts["html"]
    assert texts["text"] == "Dear Anna"


def test_all_who_get_the_same_words_share_one_content_and_its_key() -> None:
    template = compiled(
        mail_file(
            "{% if customer.plan == 'free' %}Free{% else %}Paid{% endif %}"
            " {{ customer.first_name }}",
        )
    )
    free, other, paid = (
        template.render(customer(first_name=name, plan=plan), Channel.EMAIL)
        for name, plan in [("Anna", "free"), ("Bob", "free"), ("Cleo", "pro")]
    )
    assert isinstance(free, Rendered)
    assert isinstance(other, Rendered)
    assert isinstance(paid, Rendered)
    assert free.content is other.content
    assert paid.content.key != free.content.key
    assert free.values == ("Anna", "Anna")  # in the HTML, and in the plain text
    assert other.values == ("Bob", "Bob")


def test_branches_with_the_same_words_are_the_same_content() -> None:
    template = compiled(
        mail_file("{% if customer.a %}Hi{% elsif customer.b %}Hi{% else %}Ho{% endif %}")
    )
    by_a = template.render(customer(a=1), Channel.EMAIL)
    by_b = template.render(customer(b=1), Channel.EMAIL)
    assert isinstance(by_a, Rendered)
    assert isinstance(by_b, Rendered)
    assert by_a.content is by_b.content


def test_what_is_personal_is_in_the_values_and_never_in_the_content() -> None:
    words = (
        "{% assign name = customer.first_name | upcase %}{{ name }}"
        "{% for thing in customer.things %}{{ thing.name }} {{ customer.email }}{% endfor %}"
        "{% capture late %}{% for t in customer.things %}{{ t.name }}{% endfor %}{% endcapture %}"
        "{{ late }}{% for t in customer.things %}{% assign last = t.name %}{% endfor %}{{ last }}"
    )
    variables = customer(
        first_name="canary-a", email="canary-b", things=[{"name": "canary-c"}], language="en"
    )
    outcome = render(mail_file(words, subject="{{ customer.first_name }}"), variables)
    assert isinstance(outcome, Rendered)
    assert "canary" not in outcome.content.as_json().lower()
    assert "CANARY-A" in texts_of(outcome)["html"]


def test_the_content_of_a_mail_comes_back_from_json() -> None:
    outcome = render(mail_file("Dear {{ customer.first_name }} é 🦩"))
    assert isinstance(outcome, Rendered)
    assert Content.from_json(outcome.content.as_json()) == outcome.content


def test_the_sender_is_the_templates_else_that_of_the_policies() -> None:
    own = render(mail_file("Hi", sender="Ann <ann@acme.example>", reply_to="help@acme.example"))
    common = render(mail_file("Hi from {{ sender }}"))
    assert isinstance(own, Rendered)
    assert isinstance(common, Rendered)
    assert own.content.sender == "Ann <ann@acme.example>"
    assert own.content.reply_to == "help@acme.example"
    assert common.content.sender == "Acme <news@acme.example>"
    assert texts_of(common)["text"] == "Hi from Acme"


def test_a_subject_stays_on_one_line_whatever_a_customer_is_called() -> None:
    variables = customer(first_name="Anna\r\nBcc: all@acme.example\x00\u2028x")
    subject = rendered(mail_file("Hi", subject="Hello\n {{ customer.first_name }}"), variables)[
        "subject"
    ]
    assert subject.splitlines() == [subject]
    assert subject == "Hello  Anna  Bcc: all@acme.example  x"


def test_a_mail_without_a_subject_is_refused() -> None:
    assert faults(mjml_file("<mjml><mj-body></mj-body></mjml>", subject=None)) == [
        (
            "templates/winback/we-miss-you.mjml:1:1: this mail has no subject [liquid];"
            " write subject: in the head of the file"
        )
    ]


def test_all_faults_of_all_languages_are_told_at_once() -> None:
    told = faults(
        mail_file("{{ customer.first_name | shout }}", subject="{{ a"),
        mail_file("{% if x %}", language="nl"),
    )
    assert len(told) == 3


# ── The footer ───────────────────────────────────────────────────────────────────────────────


def test_a_marketing_mail_is_given_the_postal_address_and_a_way_out() -> None:
    outcome = compiled(mail_file("Hello"), kind=Kind.MARKETING).render(ANNA, Channel.EMAIL)
    texts = texts_of(outcome)
    assert texts["text"] == (
        "Hello\n\nAcme BV, Damrak 1, 1012 LG Amsterdam\nUnsubscribe (https://acme.example/u/abc)"
    )
    assert '<a href="https://acme.example/u/abc"' in texts["html"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Unsubscribe"),
        ("nl", "Afmelden"),
        ("de", "Abmelden"),
        ("fr", "Se désabonner"),
        ("es", "Darse de baja"),
        ("pt", "Cancelar subscrição"),
        ("pt-BR", "Cancelar inscrição"),
        ("fr-CA", "Se désabonner"),
        ("sv", "Unsubscribe"),
    ],
)
def test_the_way_out_is_in_the_language_of_the_mail(language: str, words: str) -> None:
    template = compiled(mail_file("Hello"), mail_file("…", language=language), kind=Kind.MARKETING)
    variables = {**ANNA, "customer": {"language": language}}
    assert f"{words} (https" in texts_of(template.render(variables, Channel.EMAIL))["text"]


def test_the_way_out_of_a_mail_that_names_no_language_is_in_the_projects() -> None:
    template = compile_template([mail_file("Bonjour")], POLICIES, original_language="fr-CA")
    text = texts_of(template.render(ANNA, Channel.EMAIL))["text"]
    assert "Se désabonner (https://acme.example/u/abc)" in text


def test_a_service_mail_is_given_no_footer() -> None:
    assert rendered(mail_file("Hello"))["text"] == "Hello"


def test_a_template_that_writes_the_footer_itself_is_left_alone() -> None:
    words = 'Bye <a href="{{ unsubscribe_url }}">Stop</a> {{ postal_address }}'
    outcome = compiled(mail_file(words), kind=Kind.MARKETING).render(ANNA, Channel.EMAIL)
    assert texts_of(outcome)["text"].count("Damrak") == 1
    assert texts_of(outcome)["text"].count("https://acme.example/u/abc") == 1


@pytest.mark.parametrize(
    "hidden",
    [
        "{% if customer.plan == 'pro' %}{{ unsubscribe_url }}{% endif %}",
        "{% for t in customer.tags %}{{ unsubscribe_url }}{% endfor %}",
        "{% capture u %}{{ unsubscribe_url }}{% endcapture %}",
        "<!-- {{ unsubscribe_url }} -->",
        "{% comment %}{{ unsubscribe_url }}{% endcomment %}",
    ],
)
def test_a_way_out_that_not_everybody_sees_is_none(hidden: str) -> None:
    outcome = compiled(mail_file(f"Hi {hidden}"), kind=Kind.MARKETING).render(ANNA, Channel.EMAIL)
    assert "Unsubscribe (https://acme.example/u/abc)" in texts_of(outcome)["text"]


def test_marketing_without_a_postal_address_is_not_written() -> None:
    template = compiled(mail_file("Hi"), kind=Kind.MARKETING, policies=Policies())
    outcome = template.render({**ANNA, "postal_address": None}, Channel.EMAIL)
    assert isinstance(outcome, Broken)
    assert outcome.reason == (
        "postal_address is missing; write postal_address in policies.yaml (in the footer)"
    )


def test_marketing_without_a_way_out_is_not_written() -> None:
    template = compiled(mail_file("Hi"), kind=Kind.MARKETING)
    outcome = template.render({"customer": {}}, Channel.EMAIL)
    assert isinstance(outcome, Broken)
    assert outcome.reason.startswith("unsubscribe_url is missing")


def test_an_address_of_several_lines_and_odd_signs_is_written_as_it_is() -> None:
    policies = Policies(postal_address="Müller & Söhne\nGasse <1>")
    template = compiled(mail_file("Hi"), kind=Kind.MARKETING, policies=policies)
    texts = texts_of(template.render(ANNA, Channel.EMAIL))
    assert "Müller &amp; Söhne<br />\nGasse &lt;1&gt;" in texts["html"]
    assert "Müller & Söhne\nGasse <1>" in texts["text"]


# ── Languages ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("pt-BR", "pt-BR"),
        ("pt_br", "pt-BR"),
        ("PT-br ", "pt-BR"),
        ("pt-PT", "pt"),
        ("pt", "pt"),
        ("nl", "original"),
        ("", "original"),
        (None, "original"),
        (7, "original"),
    ],
)
def test_a_customer_reads_their_own_language_else_its_base_else_the_original(
    language: object, expected: str
) -> None:
    template = compiled(
        mail_file("original"), mail_file("pt", language="pt"), mail_file("pt-BR", language="pt-BR")
    )
    for _ in range(2):
        outcome = template.render(customer(language=language), Channel.EMAIL)
        assert texts_of(outcome)["text"] == expected
        assert isinstance(outcome, Rendered)
        assert outcome.content.language == (None if expected == "original" else expected)


def test_a_template_needs_its_original() -> None:
    with pytest.raises(ValueError, match="needs its original"):
        compiled(mail_file("Hoi", language="nl"))


def test_the_html_says_its_language() -> None:
    texts = texts_of(
        compiled(mail_file("Hi"), mail_file("Hoi", language="nl")).render(
            customer(language="nl"), Channel.EMAIL
        )
    )
    assert '<html lang="nl"' in texts["html"]


# ── Not sending ──────────────────────────────────────────────────────────────────────────────


def test_a_template_may_say_that_a_customer_shall_not_get_it() -> None:
    file = mail_file(
        "{% unless customer.invoice %}{% skip 'has no open invoice' %}{% endunless %}Hi"
    )
    assert render(file, customer()) == Skip("has no open invoice")
    assert isinstance(render(file, customer(invoice="INV-1")), Rendered)


def test_a_skip_says_more_than_a_missing_value_elsewhere() -> None:
    words = "{% unless customer.first_name %}{% skip 'has no name' %}{% endunless %}Hi"
    file = mail_file(words, subject="Dear {{ customer.first_name }}")
    assert render(file, customer()) == Skip("has no name")


def test_a_skip_in_a_loop_or_behind_a_counter_counts_too() -> None:
    loop = mail_file(
        "{% for t in customer.tags %}{% skip 'is tagged' %}{% endfor %}{{ customer.x }}"
    )
    late = mail_file(
        "{% increment n %}{% if customer.a %}{% skip 'late' %}{% endif %}{{ customer.x }}"
    )
    assert render(loop, customer(tags=["vip"])) == Skip("is tagged")
    assert render(late, customer(a=1)) == Skip("late")


def test_a_missing_value_breaks_the_message_with_its_place_and_how_to_mend_it() -> None:
    file = mail_file("Dear\n  {{ customer.first_name | upcase }}")
    outcome = render(file, customer())
    assert outcome == Broken(
        "customer.first_name is missing; write {{ customer.first_name | default: 'there' }}",
        "templates/winback/we-miss-you.mjml",
        5,
        6,
    )
    assert str(outcome).startswith("templates/winback/we-miss-you.mjml:5:6: customer.first_name")


def test_a_fault_in_the_subject_says_so() -> None:
    outcome = render(mail_file("Hi", subject="Dear {{ customer.nick }}"), customer())
    assert isinstance(outcome, Broken)
    assert outcome.reason.endswith("(in the subject)")


def test_a_default_stands_in_for_what_is_missing_or_empty() -> None:
    words = "{{ customer.first_name | default: 'there' }}"
    assert html_of(words, customer()) == "there"
    assert html_of(words, customer(first_name="")) == "there"
    assert html_of(words, customer(first_name=None)) == "there"
    assert html_of(words, customer(first_name="Anna")) == "Anna"


def test_a_condition_may_ask_for_what_is_missing() -> None:
    words = (
        "{% if customer.employees > 20 %}big{% elsif customer.plan %}plan{% else %}none{% endif %}"
    )
    assert html_of(words, customer()) == "none"
    assert html_of(words, customer(employees=21)) == "big"
    assert html_of("{% if customer.a == nil %}nil{% endif %}", customer()) == "nil"
    assert html_of("{% for t in customer.tags %}x{% else %}none{% endfor %}", customer()) == "none"
    assert html_of("{% case customer.a %}{% when 1 %}1{% else %}e{% endcase %}", customer()) == "e"


def test_nil_empty_and_blank_are_asked_for_apart() -> None:
    words = (
        "{% if customer.a == nil %}nil{% endif %}"
        "{% if customer.a == empty %}empty{% endif %}"
        "{% if customer.a == blank %}blank{% endif %}"
    )
    assert html_of(words, customer(a="")) == "emptyblank"
    assert html_of(words, customer(a=" ")) == "blank"
    assert html_of(words, customer(a=None)) == "nil"


def test_the_reason_of_a_fault_names_no_value() -> None:
    for words in (
        "{{ customer.first_name | divided_by: 0 }}",
        "{{ customer.first_name | date: 'long' }}",
        "{{ customer.first_name | money: 'EUR' }}",
        "{{ 1 | plus: customer.first_name | times: customer.first_name | slice: 'x' }}",
        "{% if customer.first_name < 3 %}{% endif %}",
        "{{ customer.first_name | concat: 3 }}",
        "{{ customer.map[customer.first_name] }}",
    ):
        outcome = render(mail_file(words), customer(first_name="canary", map={}))
        assert isinstance(outcome, Broken), words
        assert "canary" not in str(outcome)


def test_a_mail_template_is_no_text_message() -> None:
    outcome = compiled(mail_file("Hi")).render(ANNA, Channel.SMS)
    assert isinstance(outcome, Broken)
    assert outcome.reason == "winback/we-miss-you is for email, not for sms"


def test_a_text_template_is_no_mail() -> None:
    outcome = compiled(text_file("Hi")).render(ANNA, Channel.EMAIL)
    assert isinstance(outcome, Broken)


def test_numbers_lose_a_trailing_point_zero_and_nothing_is_empty() -> None:
    assert html_of("{{ customer.n }}", customer(n=3.0)) == "3"
    assert html_of("{{ customer.n }}", customer(n=3.5)) == "3.5"
    assert html_of("{{ customer.n | times: 2 }}", customer(n=1.5)) == "3"
    assert html_of("{{ customer.n }}", customer(n=None)) == ""
    assert html_of("{{ customer.n }}", customer(n=True)) == "true"
    assert html_of("{{ customer.n }}", customer(n=["a", 1.0, None])) == "a1"


def test_one_and_true_and_one_point_zero_are_remembered_apart() -> None:
    template = compiled(mail_file("{{ customer.n | append: '' }}|{{ customer.n | default: 'x' }}"))
    for n, words in [(1, "1|1"), (True, "true|true"), (1.0, "1.0|1"), ("1", "1|1"), (0, "0|0")] * 2:
        outcome = template.render(customer(n=n), Channel.EMAIL)
        expected = words.replace("true|", "True|")
        assert texts_of(outcome)["text"] == expected


def test_policies_of_the_samples_name_a_sender() -> None:
    assert POLICIES.sender is not None
