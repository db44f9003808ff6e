"""The plain text part of a mail reads well."""

from __future__ import annotations

import pytest

from tests.engine.template_samples import customer, faults, mail_file, text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Title</h1><p>One</p><p>Two</p>", "Title\n\nOne\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("a\n   b\t c", "a b c"),
        ("<b>a</b> <i>b</i>c", "a bc"),
        ("<p>a</p>\n\n\n<p>b</p>", "a\n\nb"),
        ("<ul><li>One</li><li>Two <b>b</b></li></ul><p>x</p>", "- One\n- Two b\n\nx"),
        ('<a href="https://a.example">Go</a>!', "Go (https://a.example)!"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ('<a href="mailto:ann@a.example">Write to Ann</a>', "Write to Ann (ann@a.example)"),
        ('<a href="mailto:ann@a.example">ann@a.example</a>', "ann@a.example"),
        ('<a href="tel:+311">call</a>', "call (+311)"),
        ('<a href="#top">Up</a>', "Up"),
        ("<a>No link</a>", "No link"),
        ('<a href="https://a.example"><img src="x.png"/></a>', "https://a.example"),
        ('<a href="https://a.example"><img src="x" alt="Go"/></a>', "Go (https://a.example)"),
        ('a <img src="x.png" alt="A cat"/> b', "a A cat b"),
        ('a<img src="spacer.png" alt=""/>b', "ab"),
        ("a<hr/>b", f"a\n\n{'-' * 24}\n\nb"),
        ("&lt;b&gt; &amp; &nbsp;&euro; &#39;", "<b> & \u00a0€ '"),
        ("<style>p{}</style><script>x</script>a", "a"),
        ('<div style="display:none">hidden</div>a', "a"),
        ('<div style="display:none"><p>hid<b>den</b></p></div>a', "a"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ('<table role="presentation"><tr><td>a</td><td>b</td></tr></table>', "a\n\nb"),
        ("a&zwnj;&#847;&#8203;b", "ab"),
        ("<blockquote>q</blockquote>a", "q\n\na"),
        ("<!-- a -->b", "b"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div><div><div>a</div></div></div><div>b</div>", "a\nb"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert text_of(html) == text


def test_liquid_in_the_text_and_in_links_comes_along() -> None:
    words = (
        "<p>Dear {{ customer.first_name }},</p>"
        "{% if customer.plan == 'free' %}<p>Free</p>{% else %}<p>Paid</p>{% endif %}"
        '<p><a href="https://a.example/?u={{ customer.id }}">Go</a></p>'
        "<ul>{% for t in customer.tags %}<li>{{ t }}</li>{% endfor %}</ul><p>Bye</p>"
    )
    variables = customer(first_name="<Anna>", plan="free", id="1&2", tags=["a", "b"])
    assert text_of(words, variables) == (
        "Dear <Anna>,\n\nFree\n\nGo (https://a.example/?u=1&2)\n\n- a\n- b\n\nBye"
    )


def test_a_branch_that_is_not_taken_leaves_no_hole() -> None:
    words = "<p>a</p>{% if customer.x %}<p>b</p>{% endif %}<p>c</p>"
    assert text_of(words, customer()) == "a\n\nc"
    assert text_of(words, customer(x=1)) == "a\n\nb\n\nc"


def test_the_rounds_of_a_loop_are_told_apart() -> None:
    loop = "{% for t in customer.tags %}<p>{{ t }}</p>{% endfor %}<p>c</p>"
    for before in ("<p>a</p>", "<div>a</div>"):
        text = text_of(before + loop, customer(tags=["x", "y"]))
        assert text.replace("a\n\n", "a\n") == "a\nx\n\ny\n\nc"


def test_a_choice_inside_a_sentence_stays_in_it() -> None:
    words = "<p>Hi{% if customer.x %}, {{ customer.x }}{% endif %}! How <b>are</b> you?</p>"
    assert text_of(words, customer()) == "Hi! How are you?"
    assert text_of(words, customer(x="Anna")) == "Hi, Anna! How are you?"


def test_a_whole_link_given_by_a_customer_is_checked_in_the_text_too() -> None:
    words = '<a href="{{ customer.url }}">Go</a>'
    assert text_of(words, customer(url="https://a.example")) == "Go (https://a.example)"
    assert text_of(words, customer(url="javascript:alert(1)")) == "Go (#)"


def test_names_that_are_made_where_nobody_reads_are_still_made() -> None:
    words = "<style>{% assign n = 'b' %}</style>a{{ n }}"
    assert text_of(words) == "ab"


def test_captured_html_is_text_in_the_text() -> None:
    words = "{% capture c %}<b>Hi {{ customer.first_name }}</b>{% endcapture %}{{ c }}!"
    assert text_of(words, customer(first_name="A&B")) == "Hi A&B!"


def test_control_signs_of_customers_stay_out() -> None:
    assert text_of("a{{ customer.x }}b", customer(x="\x00\x1b")) == "ab"


def test_liquid_in_hidden_words_is_not_asked_for() -> None:
    words = '<div style="display:none">{{ customer.first_name }}</div>Hi'
    assert faults(mail_file(words)) == []
    assert text_of(words) == "Hi"
