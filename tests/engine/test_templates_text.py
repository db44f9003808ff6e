"""Text messages, push messages, chat and webhooks: words without HTML."""

from __future__ import annotations

import json

import pytest

from keepwarm.engine.templates import (
    Broken,
    Rendered,
    Skip,
    compile_fields,
    plain_notice,
)
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import Channel
from tests.engine.template_samples import (
    ANNA,
    customer,
    faults,
    render,
    rendered,
    sms_of,
    text_file,
    texts_of,
)


def test_a_text_message_is_not_html() -> None:
    assert sms_of("Hi {{ customer.x }} & <you>", customer(x="<b>&'\"")) == "Hi <b>&'\" & <you>"


def test_white_space_at_the_ends_of_a_text_message_is_not_paid_for() -> None:
    assert sms_of("\n\n  Hi {{ customer.first_name }}  \n\n") == "Hi Anna"


def test_control_signs_stay_out_of_a_text_message() -> None:
    name = "An\x00na\r\n\x1b[2J\x85\u2028\u200dZ"
    assert sms_of("Hi {{ customer.first_name }}", customer(first_name=name)) == (
        "Hi Anna\n[2J\u200dZ"
    )


def test_a_text_message_longer_than_carriers_take_is_not_written() -> None:
    words = "x" * 1500 + "{{ customer.x }}"
    assert isinstance(render(text_file(words), customer(x="y" * 100)), Rendered)
    outcome = render(text_file(words), customer(x="y" * 101))
    assert isinstance(outcome, Broken)
    assert outcome.reason == "the message is longer than 1,600 characters"


def test_a_push_message_has_the_title_of_its_head() -> None:
    file = text_file("Come back", title="Dear\n{{ customer.first_name }}")
    assert rendered(file, ANNA, Channel.PUSH) == {"title": "Dear Anna", "text": "Come back"}
    assert rendered(file, ANNA, Channel.SMS) == {"text": "Come back"}
    assert rendered(text_file("Come back"), ANNA, Channel.PUSH) == {"text": "Come back"}


def test_the_same_template_serves_chat() -> None:
    texts = rendered(text_file("{{ customer.first_name }} wants a call"), ANNA, Channel.CHAT)
    assert texts == {"text": "Anna wants a call"}


def test_a_text_message_has_no_sender_of_a_mail() -> None:
    outcome = render(text_file("Hi"))
    assert isinstance(outcome, Rendered)
    assert outcome.content.sender is None


def test_what_a_customer_writes_is_never_liquid() -> None:
    words = (
        "{{ customer.x }}{% assign y = customer.x %}{{ y }}"
        "{% capture z %}{{ y }}{% endcapture %}{{ z }}"
    )
    for hostile in ("{{ customer.secret }}", "{% skip 'x' %}", "{%", "{{", "}}", "{% raw %}"):
        variables = customer(x=hostile, secret="canary")
        assert sms_of(words, variables) == hostile * 3


def test_letters_of_all_writings_come_through() -> None:
    for name in ("Zoë", "Ωλγα", "علي", "שרה", "美咲", "🦩👩‍👩‍👧", "İstanbul", "ß"):
        assert sms_of("{{ customer.x }}!", customer(x=name)) == f"{name}!"


def test_a_text_may_skip_too() -> None:
    assert render(text_file("{% skip 'is closed on Sundays' %}Hi")) == Skip("is closed on Sundays")


def test_a_fault_in_a_text_has_its_line() -> None:
    outcome = render(text_file("Hi\n\n {{ customer.nick }}"))
    assert isinstance(outcome, Broken)
    assert (outcome.line, outcome.column) == (3, 5)
    assert faults(text_file("Hi\n{% if %}x{% endif %}")) == [
        "templates/billing/card.txt:2:4: this is no Liquid: missing expression [liquid]"
    ]


# ── What was done before ─────────────────────────────────────────────────────────────────────


def test_a_name_made_at_the_top_of_a_text_costs_no_wording() -> None:
    words = "{% assign n = customer.first_name | default: 'you' %}Hi {{ n }}, {{ n | upcase }}"
    anna, bob = render(text_file(words)), render(text_file(words), customer(first_name="Bob"))
    assert texts_of(anna)["text"] == "Hi Anna, ANNA"
    assert texts_of(bob)["text"] == "Hi Bob, BOB"


def test_sums_made_in_a_loop_are_written_behind_it() -> None:
    words = (
        "{% assign sum = 0 %}{% for item in event.items %}"
        "{% assign sum = sum | plus: item.price %}{% endfor %}{{ sum }}"
        "{% if sum > 5 %} is much{% endif %}"
    )
    few = {"event": {"items": [{"price": 1}, {"price": 2}]}}
    many = {"event": {"items": [{"price": 4}, {"price": 2.5}]}}
    assert sms_of(words, few) == "3"
    assert sms_of(words, many) == "6.5 is much"


def test_counters_and_cycles_go_on() -> None:
    assert sms_of("{% increment n %}{% increment n %}{{ n }}") == "012"
    words = "{% for i in (1..3) %}{% cycle 'a', 'b' %}{% endfor %}"
    assert sms_of(words) == "aba"
    assert sms_of(words + words) == "ababab"


# ── Webhooks ─────────────────────────────────────────────────────────────────────────────────


def test_the_fields_of_a_webhook_are_json() -> None:
    call = compile_fields(
        {
            "who": "{{ customer.first_name }}",
            "what": 'said "{{ customer.words }}"\\',
            "plan": "pro",
            "if": "{% if customer.plan == 'free' %}\"free\"{% endif %}",
            "tags": '{% for t in customer.tags %}"{{ t }}" {% endfor %}',
            "é": "",
        },
        "winback.yaml",
        12,
    )
    hostile = 'a"b\\c\n\u2028</script>{{ x }}🦩'
    variables = customer(first_name="Anna", words=hostile, plan="free", tags=["a", '"'])
    outcome = call(variables)
    assert isinstance(outcome, Rendered)
    assert outcome.content.channel is Channel.WEBHOOK
    assert json.loads(texts_of(outcome)["body"]) == {
        "who": "Anna",
        "what": f'said "{hostile}"\\',
        "plan": "pro",
        "if": '"free"',
        "tags": '"a" """ ',
        "é": "",
    }
    assert outcome.values[0] == "Anna"


def test_a_webhook_without_fields_says_nothing() -> None:
    assert texts_of(compile_fields({}, "winback.yaml")(ANNA)) == {"body": "{}"}


def test_what_is_missing_in_a_field_is_told_with_its_name() -> None:
    outcome = compile_fields({"a": "x", "amount": "{{ event.amount }}"}, "w.yaml", 7)(ANNA)
    assert outcome == Broken(
        "event.amount is missing; write {{ event.amount | default: '…' }} (in the field amount)",
        "w.yaml",
        7,
        1,
    )


def test_a_field_that_is_no_liquid_is_refused() -> None:
    with pytest.raises(PlaybookRefused) as refused:
        compile_fields({"amount": "{{ event.amount"}, "w.yaml", 7)
    assert str(refused.value.problems[0]) == (
        "w.yaml:7:1: this {{ is never closed (in the field amount) [liquid]"
    )


def test_a_field_may_skip_the_call() -> None:
    call = compile_fields({"a": "{% unless customer.x %}{% skip 'x' %}{% endunless %}"}, "w.yaml")
    assert call(customer()) == Skip("x")


# ── Notices without a template ───────────────────────────────────────────────────────────────


def test_a_notice_names_playbook_step_and_customer_only() -> None:
    notice = plain_notice("Rescue a failed payment", "late: Call before noon", "C-17")
    assert texts_of(notice)["text"] == (
        "Rescue a failed payment: late: Call before noon (customer C-17)"
    )
    assert notice.values == ("C-17",)
    assert plain_notice("Rescue a failed payment", "late: Call before noon", "C-18").content is (
        notice.content
    )


def test_a_notice_may_concern_nobody() -> None:
    assert texts_of(plain_notice("Win back", "is in shadow again", None))["text"] == (
        "Win back: is in shadow again"
    )
